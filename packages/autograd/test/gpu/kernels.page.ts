import type { Backend } from "../../src/devices/gpu/backend.ts";
import { openWebAssembly } from "../../src/devices/gpu/backends/webasm.ts";
import { openWebGl2 } from "../../src/devices/gpu/backends/webgl2.ts";
import { openWebGpu } from "../../src/devices/gpu/backends/webgpu.ts";
import { deviceOn } from "../../src/devices/gpu/device.ts";
import type { BackendName } from "../../src/devices/gpu/gpujs.ts";
import { type GpuJsLibrary, loadGpuJs } from "../../src/devices/gpu/library.ts";
import { type Product, Runtime } from "../../src/devices/gpu/runtime.ts";
import { gradients, noGrad, randn, scaledDotProductAttention, scope, setFused, type Tensor } from "../../src/index.ts";

/** a: [batch, m, k], b: [batch, k, n], or its transpose where `turned`. */
export interface ProductSize {
  readonly batch: number;
  readonly m: number;
  readonly k: number;
  readonly n: number;
  readonly turned?: boolean;
}

/** Queries, keys and values: [batch, heads, time, size]. */
export type AttentionSize = readonly [batch: number, heads: number, time: number, size: number];

export interface Timing {
  readonly adapter: string;
  /** Milliseconds of each kernel. */
  readonly ms: number[];
}

export interface KernelsPage {
  ready: boolean;
  timeProducts: typeof timeProducts;
  timeAttention: typeof timeAttention;
}

const OPEN: Record<BackendName, (library: GpuJsLibrary) => Promise<Backend>> = {
  webgpu: openWebGpu,
  webgl2: openWebGl2,
  webasm: openWebAssembly,
};

const runtimes = new Map<BackendName, Promise<Runtime>>();

function runtimeOn(name: BackendName): Promise<Runtime> {
  let runtime = runtimes.get(name);
  if (runtime === undefined) {
    runtime = loadGpuJs().then(async (library) => new Runtime(await OPEN[name](library)));
    runtimes.set(name, runtime);
  }
  return runtime;
}

/** Milliseconds of each run in turn, the best of some rounds, after one to warm up. */
async function bestOf(rounds: number, runs: readonly (() => Promise<unknown>)[]): Promise<number[]> {
  const best = runs.map(() => Number.POSITIVE_INFINITY);
  for (let round = 0; round <= rounds; round++) {
    for (const [i, run] of runs.entries()) {
      const start = performance.now();
      await run();
      if (round > 0) best[i] = Math.min(best[i], performance.now() - start);
    }
  }
  return best;
}

/** One product by each kernel, of the same numbers in the same memory. Each is read to its end. */
export async function timeProducts(
  name: BackendName,
  products: readonly Product[],
  { batch, m, k, n, turned = false }: ProductSize,
  rounds: number,
): Promise<Timing> {
  const runtime = await runtimeOn(name);
  const device = deviceOn(runtime);
  const a = randn([batch, m, k], { device });
  const b = turned ? randn([batch, n, k], { device }).transpose(1, 2) : randn([batch, k, n], { device });
  const runs = products.map((product) => () => {
    runtime.product = product;
    return noGrad(() => scope(() => [a.matmul(b).sum().item()]))[0];
  });
  return { adapter: runtime.backend.adapter, ms: await bestOf(rounds, runs) };
}

/** Causal attention and its three gradients: composed of products and gpu.js's kernels, and by the fused ones. */
export async function timeAttention(name: BackendName, size: AttentionSize, rounds: number): Promise<Timing> {
  const runtime = await runtimeOn(name);
  runtime.fused = true;
  const device = deviceOn(runtime);
  const inputs = Array.from({ length: 3 }, () => randn([...size], { device, requiresGrad: true }));
  const [q, k, v] = inputs;
  const seed = randn([...size], { device });
  const runs = [false, true].map((fused) => () => {
    runtime.fused = fused;
    setFused(fused);
    return scope(() => {
      const found = gradients(scaledDotProductAttention(q, k, v, { causal: true }), inputs, { seed }) as Tensor[];
      return Promise.all(found.map((x) => x.sum().item()));
    });
  });
  const ms = await bestOf(rounds, runs);
  setFused(true);
  runtime.fused = false;
  return { adapter: runtime.backend.adapter, ms };
}

const page = globalThis as unknown as KernelsPage;
page.timeProducts = timeProducts;
page.timeAttention = timeAttention;
page.ready = true;
