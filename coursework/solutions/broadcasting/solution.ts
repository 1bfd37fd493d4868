import { defineOp, type Tensor } from "@lectern/autograd";

/** The sum of the gradients of all copies of a tensor of `shape` that was broadcast to dy's shape. */
export function sumTo(dy: Tensor, shape: readonly number[]): Tensor {
  let sum = dy;
  while (sum.rank > shape.length) sum = sum.sum(0);
  for (const [axis, size] of shape.entries()) {
    if (size === 1) sum = sum.sum(axis, { keepDim: true });
  }
  return sum;
}

/** The product a * b, element by element, of shapes that broadcast to one another. */
export const multiply = defineOp("ownMultiply", {
  forward(ctx, a: Tensor, b: Tensor): Tensor {
    ctx.save(a, b);
    return a.mul(b);
  },

  backward(ctx, dy: Tensor): Tensor[] {
    const [a, b] = ctx.saved;
    return [sumTo(dy.mul(b), a.shape), sumTo(dy.mul(a), b.shape)];
  },
});
