import { afterEach, describe, expect, it } from "vitest";
import {
  conv1d,
  conv2d,
  gradients,
  manualSeed,
  maxPool1d,
  maxPool2d,
  randn,
  random,
  type Shape,
  setDefaultDevice,
  setFused,
  type Tensor,
  tensor,
} from "../../src/index.ts";
import { expectClose, valuesOf } from "./checks.ts";

setDefaultDevice("cpu");

const upTo = (low: number, high: number) => low + Math.floor(random() * (high - low + 1));
const pair = (low: number, high: number): [number, number] => [upTo(low, high), upTo(low, high)];

/** A function's value and gradients, by kernels of its own and by its composite definition. */
function bothWays(
  f: (...inputs: Tensor[]) => Tensor,
  shapes: readonly Shape[],
): [fused: number[][], composed: number[][]] {
  const inputs = shapes.map((shape) => randn(shape, { requiresGrad: true }));
  const seed = randn(f(...inputs).shape);
  const all = () => {
    const y = f(...inputs);
    return [y, ...gradients(y, inputs, { seed })].map((x) => [...valuesOf(x!)]);
  };
  const fused = all();
  setFused(false);
  return [fused, all()];
}

afterEach(() => setFused(true));

function expectEqual([fused, composed]: [number[][], number[][]]): void {
  for (const [i, values] of fused.entries()) expectClose(values, composed[i], 1e-4);
}

describe("filters by kernels of their own are those made of windows and products", () => {
  it.each(Array.from({ length: 40 }, (_, i) => i))("images, trial %i", (trial) => {
    manualSeed(trial);
    const [size, stride, dilation] = [pair(1, 4), pair(1, 2), pair(1, 2)];
    const reach = size.map((n, axis) => (n - 1) * dilation[axis] + 1);
    const padding = reach.map((n) => upTo(0, n - 1));
    const image = reach.map((n, axis) => Math.max(1, n - 2 * padding[axis]) + upTo(0, 9));
    const [batch, channels, outputs] = [upTo(1, 5), upTo(1, 20), upTo(1, 20)];
    const shapes = [[batch, channels, ...image], [outputs, channels, ...size], [outputs]];
    expectEqual(bothWays((x, w, b) => conv2d(x, w, b, { stride, padding, dilation }), shapes));
  });

  it("images larger than what is computed at a time, deep filters, many outputs", () => {
    expectEqual(bothWays((x, w, b) => conv2d(x, w, b, { padding: 1 }), [[2, 3, 37, 41], [7, 3, 3, 3], [7]]));
    expectEqual(
      bothWays(
        (x, w) => conv2d(x, w),
        [
          [3, 65, 9, 9],
          [200, 65, 3, 3],
        ],
      ),
    );
  });

  it("sequences", () => {
    manualSeed(1);
    const shapes = [[3, 5, 29], [6, 5, 3], [6]];
    expectEqual(bothWays((x, w, b) => conv1d(x, w, b, { stride: 2, padding: 2, dilation: 2 }), shapes));
  });

  it("of tensors that do not lie in order, and settings that kernels do not take", () => {
    const turned = (x: Tensor) => x.transpose(0, 1).transpose(2, 3);
    expectEqual(
      bothWays(
        (x, w) => conv2d(turned(x), turned(w)),
        [
          [3, 2, 9, 8],
          [3, 4, 4, 3],
        ],
      ),
    );
    expectEqual(
      bothWays(
        (x, w) => conv2d(x, w, undefined, { stride: 3, padding: 4 }),
        [
          [2, 3, 8, 9],
          [2, 3, 3, 4],
        ],
      ),
    );
    expectEqual(
      bothWays(
        (x, w) => conv2d(x, w, undefined, { groups: 3 }),
        [
          [2, 6, 8, 9],
          [3, 2, 3, 4],
        ],
      ),
    );
  });
});

describe("the largest of windows by a kernel of its own is that by argmax", () => {
  it.each(Array.from({ length: 20 }, (_, i) => i))("planes, trial %i", (trial) => {
    manualSeed(trial);
    const [size, stride, dilation] = [pair(1, 3), pair(1, 3), pair(1, 2)];
    const padding = size.map((n) => upTo(0, Math.floor(n / 2)));
    const image = size.map((n, axis) => (n - 1) * dilation[axis] + 1 + upTo(0, 7));
    const pool = (x: Tensor) => maxPool2d(x, size, { stride, padding, dilation });
    expectEqual(bothWays(pool, [[upTo(1, 3), upTo(1, 4), ...image]]));
  });

  it("sequences, equal ones, and what is no number", () => {
    const x = tensor([1, 1, 0, Number.NaN, 5, Number.NaN], { requiresGrad: true });
    const pool = () => maxPool1d(x.reshape(1, 1, 6), 3);
    const grad = () => valuesOf(gradients(pool().sum(), [x])[0]!);
    expect([...valuesOf(pool())]).toEqual([1, Number.NaN]);
    expect([...grad()]).toEqual([1, 0, 0, 1, 0, 0]);
    setFused(false);
    expect([...grad()]).toEqual([1, 0, 0, 1, 0, 0]);
  });
});
