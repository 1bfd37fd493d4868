import { expect, it } from "vitest";
import { checked, type Multiply } from "../../src/devices/cpu/productCheck.mjs";

const memory = { buffer: new SharedArrayBuffer(2 ** 20) };
const floats = new Float32Array(memory.buffer);
/** Addresses of the words for a fault, and of a, b and c. */
const [FAULT, A, B, C] = [0, 2 ** 10, 2 ** 18, 2 ** 19];

/** In single precision, one term after the other, as the worst of libraries might. */
const multiply: Multiply = (ta, tb, m, n, k, alpha, a, aStep, b, bStep, beta, c, cStep) => {
  for (let i = 0; i < m; i++) {
    for (let j = 0; j < n; j++) {
      let sum = 0;
      for (let p = 0; p < k; p++) {
        const left = floats[a / 4 + (ta ? p * aStep + i : i * aStep + p)];
        sum = Math.fround(sum + Math.fround(left * floats[b / 4 + (tb ? j * bStep + p : p * bStep + j)]));
      }
      const at = c / 4 + i * cStep + j;
      floats[at] = Math.fround(alpha * sum) + (beta === 0 ? 0 : beta * floats[at]);
    }
  }
};

/** Numbers from -1 to 1 times `size`, the same for the same seed. */
function fill(at: number, count: number, seed: number, size: number): void {
  let state = seed;
  for (let i = 0; i < count; i++) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    floats[at / 4 + i] = (state / 2 ** 31 - 1) * size;
  }
}

/** Whether a product of numbers of these sizes passes for right, and what came out. */
function passes(by: Multiply, sizes: readonly [number, number], beta: number, spoil = () => {}): boolean {
  floats.fill(0, FAULT / 4, FAULT / 4 + 4);
  const product = checked(by, memory, FAULT);
  for (const [transposeA, transposeB] of [
    [false, false],
    [true, false],
    [false, true],
    [true, true],
  ]) {
    for (const [m, n, k] of [
      [4, 5, 3],
      [40, 60, 100],
      [3, 2, 2000],
      [100, 200, 1],
    ]) {
      fill(A, m * k, 1 + m, sizes[0]);
      fill(B, k * n, 2 + n, sizes[1]);
      fill(C, m * n, 3 + k, sizes[0] * sizes[1]);
      spoil();
      product(transposeA, transposeB, m, n, k, 0.7, A, transposeA ? m : k, B, transposeB ? k : n, beta, C, n);
    }
  }
  return new Int32Array(memory.buffer)[FAULT / 4] === 0;
}

it.each([
  [1, 1],
  [1e-30, 1e-10],
  [1e-22, 1e-22],
  [1e30, 1e3],
  [1e20, 1e19],
  [0, 5],
] as const)("takes rounding, and what single precision cannot hold, for what it is: %d times %d", (a, b) => {
  for (const beta of [0, 1]) expect(passes(multiply, [a, b], beta)).toBe(true);
});

it.each([Number.NaN, Number.POSITIVE_INFINITY])("has nothing to say where an operand is %d", (value) => {
  const spoil = () => {
    floats[A / 4 + 2] = value;
    floats[B / 4 + 1] = value;
  };
  expect(passes(multiply, [1, 1], 1, spoil)).toBe(true);
});

it.each([
  ["one element is off", (at: number) => (floats[at] += 0.1)],
  ["one element is not a number", (at: number) => (floats[at] = Number.NaN)],
  ["one element is infinite", (at: number) => (floats[at] = Number.POSITIVE_INFINITY)],
  ["one element was left out", (at: number) => (floats[at] = 0)],
])("finds out where %s, and gives what is right", (_, harm) => {
  const wrong: Multiply = (...product) => {
    multiply(...product);
    const [, , m, n, k] = product;
    if (m * n * k > 100_000) harm(C / 4 + 17 * n + 31);
  };
  expect(passes(wrong, [1, 1], 1)).toBe(false);
  expect([...new Int32Array(memory.buffer).subarray(FAULT / 4, FAULT / 4 + 4)]).toEqual([1, 40, 60, 100]);

  const [m, n, k] = [40, 60, 100];
  const results = [multiply, checked(wrong, memory, FAULT)].map((by) => {
    fill(A, m * k, 5, 1);
    fill(B, k * n, 6, 1);
    fill(C, m * n, 7, 1);
    by(false, false, m, n, k, 0.7, A, k, B, n, 1, C, n);
    return floats.slice(C / 4, C / 4 + m * n);
  });
  for (const [i, value] of results[1].entries()) expect(value).toBeCloseTo(results[0][i], 4);
});
