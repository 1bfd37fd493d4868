import { defineKernel, type Tensor, type Thread } from "@lectern/autograd";

/** The product as a kernel: one thread computes one element. */
const product = defineKernel<[Tensor, Tensor], [number]>("ownMatmul", {
  kernel(this: Thread, a: number[][], b: number[][], inner: number): number {
    let sum = 0;
    for (let k = 0; k < inner; k++) {
      sum += a[this.thread.y][k] * b[k][this.thread.x];
    }
    return sum;
  },

  shape(a: Tensor, b: Tensor): number[] {
    return [a.shape[0], b.shape[1]];
  },

  backward(dy: Tensor, a: Tensor, b: Tensor): Tensor[] {
    return [matmul(dy, b.T), matmul(a.T, dy)];
  },
});

/** The product of matrices. a: [rows, inner], b: [inner, columns] -> [rows, columns] */
export function matmul(a: Tensor, b: Tensor): Tensor {
  return product(a, b, a.shape[1]);
}
