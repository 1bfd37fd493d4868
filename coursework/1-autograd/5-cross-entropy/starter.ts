import { defineOp, type Tensor } from "@lectern/autograd";

/** The target of a row that does not count, such as padding at the end of a text. */
export const IGNORED = -100;

/**
 * Cross entropy: the mean over the rows that count of -log softmax(logits)[target].
 * logits: [rows, classes], targets: int32 [rows], the right class of each row or IGNORED -> [], one number
 */
export const crossEntropy = defineOp("ownCrossEntropy", {
  forward(ctx, logits: Tensor, targets: Tensor): Tensor {
    throw new Error(`TODO: the value of ${ctx.name}; logits are [${logits.shape}], targets [${targets.shape}]`);
  },

  /**
   * The gradient of the logits, [rows, classes]. dy: [], one number. Targets are whole numbers and have no gradient, so
   * undefined stands in their place: `return [dlogits, undefined]`.
   */
  backward(ctx, dy: Tensor): (Tensor | undefined)[] {
    throw new Error(`TODO: the derivative of ${ctx.name}; dy has the shape [${dy.shape}]`);
  },
});
