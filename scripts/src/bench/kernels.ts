import {
  attentionWeights,
  type Device,
  gradients,
  noGrad,
  randn,
  scaledDotProductAttention,
  scope,
  type Tensor,
} from "@lectern/autograd";
import type { Case } from "./measurement.ts";
import { countTensors } from "./tensorMemory.ts";
import { time } from "./timing.ts";
import { type AttentionCase, type ProductCase, workloads } from "./workloads.ts";

/** Waits until a tensor has been computed, by reading one number of it. */
async function computed(x: Tensor): Promise<void> {
  await x.flatten().slice(0, 0, 1).data();
}

/** One product of two random matrices, laid out as the case says. */
export function product({ m, n, k, layout }: Omit<ProductCase, "name">): () => Promise<void> {
  const a = layout === "tn" ? randn([k, m]).T : randn([m, k]);
  const b = layout === "nt" ? randn([n, k]).T : randn([k, n]);
  return () => scope(() => noGrad(() => computed(a.matmul(b))));
}

/** Matrix products over shapes. */
export async function measureProducts(steps?: number): Promise<Case[]> {
  const cases: Case[] = [];
  for (const shape of workloads.products) {
    const { name, m, n, k } = shape;
    cases.push({
      name: `${name} ${m}x${n}x${k}`,
      ...(await time(product(shape), workloads.timing.kernels, steps)),
      flops: 2 * m * n * k,
    });
  }
  return cases;
}

/** Attention's value and its three gradients, over contexts. */
export async function measureAttention(device: Device, steps?: number): Promise<Case[]> {
  const cases: Case[] = [];
  for (const each of workloads.attention.cases) {
    // Nothing fused is left to measure where a device has none.
    if (each.kind === "fused" && device.attention === undefined) continue;
    cases.push(await measureContext(each, device, steps));
  }
  return cases;
}

async function measureContext({ name, context, kind }: AttentionCase, device: Device, steps?: number): Promise<Case> {
  const { batch, heads, size, causal } = workloads.attention;
  const shape = [batch, heads, context, size];
  const peakMB = await countTensors(device);
  const [q, k, v] = Array.from({ length: 3 }, () => randn(shape, { requiresGrad: true }));
  const seed = randn(shape);
  const run = () =>
    scope(() => {
      const y =
        kind === "fused"
          ? scaledDotProductAttention(q, k, v, { causal })
          : attentionWeights(q, k, { causal }).matmul(v);
      const found = gradients(y, [q, k, v], { seed });
      return computed(found[0]!).then(() => device.finish?.());
    });
  const times = await time(run, workloads.timing.kernels, steps);
  return { name, ...times, tensorsMB: peakMB(), axis: `the context, ${kind}`, x: context };
}
