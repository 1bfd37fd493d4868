import { defineOp, type Tensor } from "@lectern/autograd";

/**
 * The gradient of a tensor that was broadcast: a tensor of `shape` was stretched to dy's shape, and each of its numbers gets
 * the sum of the gradients of all its copies.
 * dy: the gradient of what it was stretched to; shape: what it was before, with as many axes or fewer -> [...shape]
 */
export function sumTo(dy: Tensor, shape: readonly number[]): Tensor {
  throw new Error(`TODO: dy has the shape [${dy.shape}], the result is to have [${shape}]`);
}

/** The product a * b, element by element, of shapes that broadcast to one another. */
export const multiply = defineOp("ownMultiply", {
  forward(ctx, a: Tensor, b: Tensor): Tensor {
    ctx.save(a, b);
    return a.mul(b);
  },

  /** The gradients of a and of b, each in its own shape. dy: the shape of the product. */
  backward(ctx, dy: Tensor): Tensor[] {
    const [a, b] = ctx.saved;
    throw new Error(`TODO: dy has the shape [${dy.shape}], a has [${a.shape}], b has [${b.shape}]`);
  },
});
