import { defineOp, oneHot, type Tensor } from "@lectern/autograd";

export const IGNORED = -100;

/**
 * Cross entropy: the mean over the rows that count of -log softmax(logits)[target].
 * logits: [rows, classes], targets: int32 [rows], the right class of each row or IGNORED -> []
 */
export const crossEntropy = defineOp("ownCrossEntropy", {
  forward(ctx, logits: Tensor, targets: Tensor): Tensor {
    const shifted = logits.sub(logits.max(-1, { keepDim: true }));
    const logSoftmax = shifted.sub(shifted.exp().sum(-1, { keepDim: true }).log());
    const wanted = oneHot(targets, logits.shape[1]);
    ctx.save(logSoftmax, wanted);
    const total = logSoftmax.mul(wanted).sum();
    return total.div(wanted.sum()).neg();
  },

  // (softmax - one-hot) dy / n, in the rows that count
  backward(ctx, dy: Tensor): (Tensor | undefined)[] {
    const [logSoftmax, wanted] = ctx.saved;
    const counted = wanted.sum(-1, { keepDim: true });
    const difference = logSoftmax.exp().mul(counted).sub(wanted);
    const scale = dy.div(wanted.sum());
    return [difference.mul(scale), undefined];
  },
});
