import { defineKernel, type Tensor, type Thread } from "@lectern/autograd";

/** The first kernel: one thread reduces one row to one number. x: [rows, n] -> [rows] */
const reduce = defineKernel<[Tensor], [number]>("ownLogSumExp", {
  /** log(sum_k exp(x[row][k])) of the row this.thread.x. It is translated for the GPU: variables, if, for and Math. */
  kernel(this: Thread, x: number[][], n: number): number {
    throw new Error(`TODO: the row ${this.thread.x} of x, with ${n} numbers, such as ${x[0][0]}`);
  },

  shape: (x: Tensor) => [x.shape[0]],

  /** The gradient of x, [rows, n]. dy: [rows] */
  backward(dy: Tensor, x: Tensor): Tensor[] {
    throw new Error(`TODO: the derivative of log(sum(exp(x))) is softmax(x); dy [${dy.shape}], x [${x.shape}]`);
  },
});

/** The second kernel: one thread computes one element of the softmax. x: [rows, n], lse: [rows] -> [rows, n] */
const normalise = defineKernel<[Tensor, Tensor]>("ownNormalise", {
  /** exp(x - lse) for the row this.thread.y and the column this.thread.x. */
  kernel(this: Thread, x: number[][], lse: number[]): number {
    throw new Error(
      `TODO: row ${this.thread.y}, column ${this.thread.x}, from numbers such as ${x[0][0]} and ${lse[0]}`,
    );
  },

  shape: (x: Tensor) => x.shape,

  /** The gradients of x, [rows, n], and of lse, [rows]. dy: [rows, n] */
  backward(dy: Tensor, x: Tensor, lse: Tensor): Tensor[] {
    throw new Error(`TODO: dy has the shape [${dy.shape}], x [${x.shape}], lse [${lse.shape}]`);
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
