import { defineKernel, type Tensor, type Thread } from "@lectern/autograd";

/** The product as a kernel: one thread computes one element. */
const product = defineKernel<[Tensor, Tensor], [number]>("ownMatmul", {
  /**
   * The element in the row this.thread.y and the column this.thread.x of the result. It is translated for the GPU, so use
   * nothing but the arguments, this.thread, Math, variables, if and for.
   * a: a[row][column], [rows, inner]; b: b[row][column], [inner, columns]
   */
  kernel(this: Thread, a: number[][], b: number[][], inner: number): number {
    throw new Error(
      `TODO: row ${this.thread.y} of a, column ${this.thread.x} of b, ${inner} products, ${a[0][0]}, ${b[0][0]}`,
    );
  },

  /** The result's shape. */
  shape(a: Tensor, b: Tensor): number[] {
    throw new Error(`TODO: the shape of [${a.shape}] times [${b.shape}]`);
  },

  /** The gradients of a and of b, each in its own shape. dy: [rows, columns], the gradient of the result. */
  backward(dy: Tensor, a: Tensor, b: Tensor): Tensor[] {
    throw new Error(
      `TODO: two more products, with x.T for a transposed x; dy [${dy.shape}], a [${a.shape}], b [${b.shape}]`,
    );
  },
});

/** The product of matrices. a: [rows, inner], b: [inner, columns] -> [rows, columns] */
export function matmul(a: Tensor, b: Tensor): Tensor {
  return product(a, b, a.shape[1]);
}
