import { defineOp, type Tensor } from "@lectern/autograd";

/**
 * SiLU, element by element: y = x * sigmoid(x), with sigmoid(x) = 1 / (1 + exp(-x)).
 * x: any shape -> the same
 */
export const silu = defineOp("ownSilu", {
  /** The value. What the derivative needs later is kept by ctx.save(…). */
  forward(ctx, x: Tensor): Tensor {
    throw new Error(`TODO: the value of ${ctx.name}; x has the shape [${x.shape}], and so has the result`);
  },

  /**
   * The derivative: from dy, the gradient of the loss by y, the gradient by x. Both have x's shape. What forward saved is
   * in ctx.saved, a list. The result is a list too, with one gradient for each tensor that forward was given: here one.
   */
  backward(ctx, dy: Tensor): Tensor[] {
    throw new Error(`TODO: the derivative of ${ctx.name}; dy has the shape [${dy.shape}]`);
  },
});
