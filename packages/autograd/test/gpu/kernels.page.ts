import type { GpuInfo } from "../../src/devices/gpu/device.ts";
import { createGpuDevice } from "../../src/devices/gpu/device.ts";
import type { Product } from "../../src/devices/gpu/runtime.ts";
import { noGrad, randn, scope } from "../../src/index.ts";

/** a: [batch, m, k], b: [batch, k, n], or its transpose where `turned`. */
export interface Size {
  readonly batch: number;
  readonly m: number;
  readonly k: number;
  readonly n: number;
  readonly turned?: boolean;
}

export interface ProductsPage {
  ready: boolean;
  timeProducts: typeof timeProducts;
}

/** Milliseconds of one product by each kernel in turn, the best of some rounds, after one to warm up. Each is read to its end. */
export async function timeProducts(
  backend: GpuInfo["backend"],
  products: readonly Product[],
  { batch, m, k, n, turned = false }: Size,
  rounds: number,
): Promise<number[]> {
  const runs: (() => Promise<unknown>)[] = [];
  for (const product of products) {
    const device = await createGpuDevice({ backend, product, fused: false });
    const a = randn([batch, m, k], { device });
    const b = turned ? randn([batch, n, k], { device }).transpose(1, 2) : randn([batch, k, n], { device });
    runs.push(() => noGrad(() => scope(() => a.matmul(b).sum().item())));
  }
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

const page = globalThis as unknown as ProductsPage;
page.timeProducts = timeProducts;
page.ready = true;
