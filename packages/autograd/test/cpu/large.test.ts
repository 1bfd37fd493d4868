import { afterAll, beforeAll, expect, it } from "vitest";
import { setBlas } from "../../src/devices/cpu/blas.ts";
import { machine } from "../../src/devices/cpu/machine.ts";
import {
  crossEntropy,
  embedding,
  layerNorm,
  linearGelu,
  manualSeed,
  multiHeadAttention,
  randint,
  randn,
  setDefaultDevice,
  type Tensor,
} from "../../src/index.ts";

/** What kernels give and what their gradients are, on operands large enough for the system's BLAS. */
function computed(): number[][] {
  manualSeed(11);
  const table = randn([50, 192]).requiresGrad_();
  const weight = randn([576, 192]).mul(0.1).detach().requiresGrad_();
  const bias = randn([576]).detach().requiresGrad_();
  const [scale, shift] = [randn([192]), randn([192])].map((x) => x.detach().requiresGrad_());
  const tokens = randint(0, 50, [2, 160]);
  const x = layerNorm(embedding(table, tokens), scale, shift);
  const attended = multiHeadAttention(linearGelu(x, weight, bias), 2, { causal: true });
  const loss = crossEntropy(attended.reshape(-1, 192), tokens.reshape(-1)).add(attended.T.matmul(x).square().mean());
  loss.backward();
  const values = (t: Tensor) => [...t.dataSync()];
  return [values(loss), ...[table, weight, bias, scale, shift].map((p) => values(p.grad!))];
}

/** Nothing is written to it, so it takes addresses alone. */
let held: number;
beforeAll(() => {
  held = machine().memory.allocate(2 ** 31);
});
afterAll(() => {
  machine().memory.release(held);
  setBlas(true);
});

it.each([true, false])("computes beyond 2 GiB of memory as elsewhere, with BLAS %s", (blas) => {
  setBlas(blas);
  setDefaultDevice("reference");
  const expected = computed();
  setDefaultDevice("cpu");
  expect(randn([1]).storage.handle).toBeGreaterThan(2 ** 31);
  for (const [i, numbers] of computed().entries()) {
    const largest = Math.max(...expected[i].map(Math.abs));
    for (const [j, value] of numbers.entries()) {
      expect(Math.abs(value - expected[i][j]) / largest, `number ${j} of result ${i}`).toBeLessThan(1e-4);
    }
  }
});
