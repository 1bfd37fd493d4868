/**
 * Times the gpu device's kernels for one thing against each other, in the same memory: matrix products on every backend,
 * and on WebGPU attention. WebGPU in Node where there is a driver, WebGPU and WebGL2 in a headless browser, whose adapter
 * is a program. `npx node packages/autograd/test/gpu/kernels.ts` gives, for each, the milliseconds, and how often as fast as
 * the first kernel it is.
 */
import type { BackendName } from "../../src/devices/gpu/gpujs.ts";
import type { Product } from "../../src/devices/gpu/runtime.ts";
import { findBrowser, openPage } from "./browser.ts";
import {
  type AttentionSize,
  type KernelsPage,
  type ProductSize,
  type Timing,
  timeAttention,
  timeProducts,
} from "./kernels.page.ts";

const PRODUCTS: readonly ProductSize[] = [
  { batch: 1, m: 256, k: 256, n: 256 },
  { batch: 1, m: 512, k: 128, n: 512, turned: true },
  { batch: 1, m: 128, k: 768, n: 384 },
  { batch: 8, m: 64, k: 64, n: 64 },
  { batch: 1, m: 16, k: 64, n: 64 },
];
const ATTENTION: readonly AttentionSize[] = [
  [4, 4, 64, 32],
  [1, 4, 256, 32],
];
const ROUNDS = 4;
const KERNELS: Record<BackendName, readonly Product[]> = {
  webasm: ["plain", "blocked"],
  webgl2: ["plain", "blocked"],
  webgpu: ["plain", "blocked", "tiled"],
};

type Timers = Pick<KernelsPage, "timeProducts" | "timeAttention">;

function print(what: string, names: readonly string[], { ms }: Timing): void {
  const cells = names.map((name, i) => `${name} ${ms[i].toFixed(1)} (${(ms[0] / ms[i]).toFixed(1)})`);
  console.log(`  ${what}: ${cells.join(", ")}`);
}

async function report(where: string, backend: BackendName, timers: Timers): Promise<void> {
  for (const [i, size] of PRODUCTS.entries()) {
    const timing = await timers.timeProducts(backend, KERNELS[backend], size, ROUNDS);
    if (i === 0) console.log(`${backend} ${where}, on ${timing.adapter}`);
    const { batch, m, k, n, turned } = size;
    print(`[${batch}, ${m}, ${k}] x [${batch}, ${k}, ${n}]${turned ? "T" : ""}`, KERNELS[backend], timing);
  }
  if (backend !== "webgpu") return;
  for (const size of ATTENTION) {
    const timing = await timers.timeAttention(backend, size, ROUNDS);
    print(`attention over [${size.join(", ")}], with gradients`, ["composed", "fused"], timing);
  }
}

const here: Timers = { timeProducts, timeAttention };
await report("in Node", "webasm", here);
await report("in Node", "webgpu", here).catch((error: Error) => console.log(`webgpu in Node: ${error.message}`));

const browser = findBrowser();
if (browser === undefined) console.log("in a browser: no Chromium was found here (CHROMIUM can name its path)");
else {
  const { page, close } = await openPage(browser, new URL("kernels.page.ts", import.meta.url));
  const inPage: Timers = {
    timeProducts: (...args) =>
      page.evaluate((args) => (globalThis as unknown as KernelsPage).timeProducts(...args), args),
    timeAttention: (...args) =>
      page.evaluate((args) => (globalThis as unknown as KernelsPage).timeAttention(...args), args),
  };
  await report("in a browser", "webgl2", inPage);
  await report("in a browser", "webgpu", inPage);
  await close();
}
process.exit();
