import { expect, it } from "vitest";
import { noGrad, setBlas, type Tensor, zeros } from "../../src/index.ts";

const SIDE = 8192;

it("computes with the whole of its 4 GiB, says when they are used up, and goes on", async () => {
  const held: Tensor[] = [];
  const more = () => held.push(noGrad(() => zeros([SIDE, SIDE]).add(held.length + 1)));
  expect(() => {
    for (let i = 0; i < 20; i++) more();
  }).toThrow(/^\w+ \[8192, 8192\]: cpu: out of memory: 256\.0 MiB do not fit beside the 3\.\d GiB in use \(/);
  // All but the last quarter of a gibibyte or two, which `zeros` and the device's own need.
  expect(held.length).toBeGreaterThanOrEqual(13);

  const right = held[held.length - 1].slice(0, SIDE - 8);
  for (const [i, left] of held.entries()) {
    expect(left.sum().itemSync()).toBe((i + 1) * SIDE * SIDE);
    for (const blas of [true, false]) {
      setBlas(blas);
      const product = left.slice(0, SIDE - 8).matmul(right.transpose(0, 1));
      expect(new Set(product.dataSync())).toEqual(new Set([(i + 1) * held.length * SIDE]));
    }
  }
});
