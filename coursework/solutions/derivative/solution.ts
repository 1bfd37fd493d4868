import { defineOp, type Tensor } from "@lectern/autograd";

/**
 * SiLU, element by element: y = x * sigmoid(x), with sigmoid(x) = 1 / (1 + exp(-x)).
 * x: any shape -> the same
 */
export const silu = defineOp("ownSilu", {
  forward(ctx, x: Tensor): Tensor {
    ctx.save(x);
    return x.mul(x.sigmoid());
  },

  // dx = dy s (1 + x (1 - s))
  backward(ctx, dy: Tensor): Tensor[] {
    const [x] = ctx.saved;
    const s = x.sigmoid();
    const slope = s.neg().add(1).mul(x).add(1).mul(s);
    return [dy.mul(slope)];
  },
});
