import { defineKernel, type Thread } from "../../src/devices/gpu/defineKernel.ts";
import { type Device, type Tensor, tensor } from "../../src/index.ts";

/** Kernels as a student would write them: the tests and the page call the same ones. */

/** Softplus of a row: log(1 + exp(x)). x: [n] -> [n]. */
const softplusOfRow = defineKernel<[Tensor]>("softplus", {
  kernel(this: Thread, x: number[]) {
    return Math.log(1 + Math.exp(x[this.thread.x]));
  },
  shape: (x) => x.shape,
  backward: (dy, x) => [dy.mul(x.sigmoid())],
});

export const softplus = (x: Tensor): Tensor => softplusOfRow(x.reshape(-1)).reshape(x.shape);

/** A weighted mean of each element and its two neighbours in the row. x: [rows, n], weights: [3] -> [rows, n]. */
export const blur = defineKernel<[Tensor, Tensor]>("blur", {
  kernel(this: Thread, x: number[][], weights: number[]) {
    let sum = 0;
    for (let i = 0; i < 3; i++) {
      sum += weights[i] * x[this.thread.y][this.thread.x + i];
    }
    return sum;
  },
  shape: (x) => [x.shape[0], x.shape[1] - 2],
  composite(x, weights) {
    const n = x.shape[1] - 2;
    const parts = [0, 1, 2].map((i) => x.slice(1, i, i + n).mul(weights.slice(0, i, i + 1)));
    return parts[0].add(parts[1]).add(parts[2]);
  },
});

function square(x: number): number {
  return x * x;
}

/** Squared distance of each row of a from each row of b, counted `scale` times. a: [m, n], b: [k, n] -> [m, k]. */
export const distances = defineKernel<[Tensor, Tensor], [number, number]>("distances", {
  kernel(this: Thread, a: number[][], b: number[][], n: number, scale: number) {
    let sum = 0;
    for (let i = 0; i < n; i++) {
      sum += square(a[this.thread.y][i] - b[this.thread.x][i]);
    }
    return scale * sum;
  },
  helpers: [square],
  shape: (a, b) => [a.shape[0], b.shape[0]],
});

/** The same with absolute differences, as text, which no bundler rewrites. */
export const manhattan = defineKernel<[Tensor, Tensor], [number]>("manhattan", {
  kernel: `function (a, b, n) {
    let sum = 0;
    for (let i = 0; i < n; i++) {
      sum += difference(a[this.thread.y][i], b[this.thread.x][i]);
    }
    return sum;
  }`,
  helpers: ["function difference(x, y) { if (x > y) return x - y; return y - x; }"],
  shape: (a, b) => [a.shape[0], b.shape[0]],
});

/** What they give on a device, for the same operands on each; and the gradients of two of them. */
export async function ownKernelResults(device: Device): Promise<number[][]> {
  const on = (shape: number[], scale: number) => {
    const values = Array.from({ length: shape.reduce((product, n) => product * n, 1) }, (_, i) => Math.sin(i * scale));
    return tensor(values, { device })
      .reshape(...shape)
      .detach()
      .requiresGrad_();
  };
  const x = on([5, 7], 1);
  const weights = on([3], 2);
  const other = on([4, 7], 3);
  softplus(x).sum().backward();
  const soft = x.grad!;
  x.grad = undefined;
  blur(x, weights).square().sum().backward();
  const results = [
    softplus(x),
    soft,
    blur(x, weights),
    x.grad!,
    weights.grad!,
    distances(x, other, 7, 0.5),
    // Operands that do not lie as they are seen.
    distances(x.slice(0, 1, 4), other.T.contiguous().T, 7, 2),
    manhattan(x, other, 7),
  ];
  return Promise.all(results.map(async (t) => [...(await t.data())]));
}
