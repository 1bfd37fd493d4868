/**
 * Times the gpu device's matrix products against each other on every backend, WebGPU and WebGL2 in a headless browser:
 * `npx tsx packages/autograd/test/gpu/products.ts`. Each line has the milliseconds, and how often as fast as "plain" it is.
 */
import type { GpuInfo } from "../../src/devices/gpu/device.ts";
import type { Product } from "../../src/devices/gpu/runtime.ts";
import { findBrowser, openPage } from "./browser.ts";
import { type ProductsPage, type Size, timeProducts } from "./products.page.ts";

const SIZES: readonly Size[] = [
  { batch: 1, m: 256, k: 256, n: 256 },
  { batch: 1, m: 512, k: 128, n: 512, turned: true },
  { batch: 1, m: 128, k: 768, n: 384 },
  { batch: 8, m: 64, k: 64, n: 64 },
  { batch: 1, m: 16, k: 64, n: 64 },
];
const ROUNDS = 4;

type Timing = typeof timeProducts;

async function report(backend: GpuInfo["backend"], products: readonly Product[], time: Timing): Promise<void> {
  for (const size of SIZES) {
    const found = await time(backend, products, size, ROUNDS);
    const cells = products.map(
      (product, i) => `${product} ${found[i].toFixed(1)} (${(found[0] / found[i]).toFixed(1)})`,
    );
    const { batch, m, k, n, turned } = size;
    console.log(`${backend} [${batch}, ${m}, ${k}] x [${batch}, ${k}, ${n}]${turned ? "T" : ""}: ${cells.join(", ")}`);
  }
}

await report("webasm", ["plain", "blocked"], timeProducts);
const browser = findBrowser();
if (browser === undefined) console.log("webgl2, webgpu: no Chromium was found here (CHROMIUM can name its path)");
else {
  const { page, close } = await openPage(browser, new URL("products.page.ts", import.meta.url));
  const inPage: Timing = (...args) =>
    page.evaluate((args) => (globalThis as unknown as ProductsPage).timeProducts(...args), args);
  await report("webgl2", ["plain", "blocked"], inPage);
  await report("webgpu", ["plain", "blocked", "tiled"], inPage);
  await close();
}
process.exit();
