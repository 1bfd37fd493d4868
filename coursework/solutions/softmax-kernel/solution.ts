import { defineKernel, type Tensor, type Thread } from "@lectern/autograd";

/** The first kernel: one thread reduces one row to one number. x: [rows, n] -> [rows] */
const reduce = defineKernel<[Tensor], [number]>("ownLogSumExp", {
  kernel(this: Thread, x: number[][], n: number): number {
    let largest = x[this.thread.x][0];
    for (let k = 1; k < n; k++) {
      if (x[this.thread.x][k] > largest) largest = x[this.thread.x][k];
    }
    let sum = 0;
    for (let k = 0; k < n; k++) {
      sum += Math.exp(x[this.thread.x][k] - largest);
    }
    return largest + Math.log(sum);
  },

  shape: (x: Tensor) => [x.shape[0]],

  backward: (dy: Tensor, x: Tensor) => [softmax(x).mul(dy.unsqueeze(-1))],
});

/** The second kernel: one thread computes one element of the softmax. x: [rows, n], lse: [rows] -> [rows, n] */
const normalise = defineKernel<[Tensor, Tensor]>("ownNormalise", {
  kernel(this: Thread, x: number[][], lse: number[]): number {
    return Math.exp(x[this.thread.y][this.thread.x] - lse[this.thread.y]);
  },

  shape: (x: Tensor) => x.shape,

  backward(dy: Tensor, x: Tensor, lse: Tensor): Tensor[] {
    const flow = dy.mul(normalise(x, lse));
    return [flow, flow.sum(-1).neg()];
  },
});

/** log(sum(exp(x))) of each row. x: [rows, n] -> [rows] */
export function logSumExp(x: Tensor): Tensor {
  return reduce(x, x.shape[1]);
}

/** Softmax of each row. x: [rows, n] -> [rows, n] */
export function softmax(x: Tensor): Tensor {
  return normalise(x, logSumExp(x));
}
