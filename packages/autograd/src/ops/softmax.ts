import { assertFloat, defineOp, type Gradient } from "../op.ts";
import { normalizeAxis } from "../shape.ts";
import type { Tensor } from "../tensor.ts";

const asRows = (x: Tensor) => (x.rank === 0 ? x.reshape(1) : x);

/** dx = y * (dy - sum(dy * y)) along the last axis; an op itself, so that it can be differentiated. */
const softmaxGrad = defineOp("softmaxGrad", {
  forward(ctx, y: Tensor, dy: Tensor): Tensor {
    ctx.save(y, dy);
    const dx = ctx.allocate(y.shape);
    ctx.device.softmaxGrad(dx, ctx.dense(y), ctx.dense(dy));
    return dx;
  },
  backward(ctx, g): Gradient[] {
    const [y, dy] = ctx.saved;
    const along = (x: Tensor) => x.sum(-1, { keepDim: true });
    // g·dx = sum(g y dy) - sum(g y) sum(y dy)
    return [g.mul(dy.sub(along(y.mul(dy)))).sub(dy.mul(along(g.mul(y)))), softmaxGrad(y, g)];
  },
});

const softmaxRows = defineOp("softmax", {
  forward(ctx, x: Tensor): Tensor {
    const y = ctx.allocate(x.shape);
    ctx.device.softmax(y, ctx.dense(x));
    ctx.save(y);
    return y;
  },
  backward: (ctx, dy): Gradient[] => [softmaxGrad(ctx.saved[0], dy)],
});

/** dx = dy - exp(y) * sum(dy) along the last axis. */
const logSoftmaxGrad = defineOp("logSoftmaxGrad", {
  forward(ctx, y: Tensor, dy: Tensor): Tensor {
    ctx.save(y, dy);
    const dx = ctx.allocate(y.shape);
    ctx.device.logSoftmaxGrad(dx, ctx.dense(y), ctx.dense(dy));
    return dx;
  },
  backward(ctx, g): Gradient[] {
    const [y, dy] = ctx.saved;
    const p = y.exp();
    const dySum = dy.sum(-1, { keepDim: true });
    return [g.mul(p).mul(dySum).neg(), g.sub(g.mul(p).sum(-1, { keepDim: true }))];
  },
});

const logSoftmaxRows = defineOp("logSoftmax", {
  forward(ctx, x: Tensor): Tensor {
    const y = ctx.allocate(x.shape);
    ctx.device.logSoftmax(y, ctx.dense(x));
    ctx.save(y);
    return y;
  },
  backward: (ctx, dy): Gradient[] => [logSoftmaxGrad(ctx.saved[0], dy)],
});

function alongAxis(op: string, x: Tensor, axis: number, rows: (x: Tensor) => Tensor): Tensor {
  assertFloat(op, x);
  const tensor = asRows(x);
  const at = normalizeAxis(op, axis, tensor.rank);
  if (at === tensor.rank - 1) return rows(tensor).reshape(x.shape);
  return rows(tensor.transpose(at, -1)).transpose(at, -1);
}

/**
 * `exp(x) / sum(exp(x))` along an axis, shifted by the largest element. A lane of nothing but -Infinity, which hides
 * every key of an attention row, gives zeros.
 */
export function softmax(x: Tensor, axis: number): Tensor {
  return alongAxis("softmax", x, axis, softmaxRows);
}

/** `x - log(sum(exp(x)))` along an axis. */
export function logSoftmax(x: Tensor, axis: number): Tensor {
  return alongAxis("logSoftmax", x, axis, logSoftmaxRows);
}
