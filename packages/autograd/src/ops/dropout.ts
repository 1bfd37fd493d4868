import type { RandomKey } from "../device.ts";
import { assertFloat, defineOp, type Gradient } from "../op.ts";
import { nextKey } from "../random.ts";
import type { Tensor } from "../tensor.ts";

const dropoutOp = defineOp("dropout", {
  forward(ctx, x: Tensor, p: number, key: RandomKey): Tensor {
    const y = ctx.allocate(x.shape);
    ctx.device.dropout(y, ctx.dense(x), p, key);
    return y;
  },
  // The same key drops the same elements again.
  backward: (_, dy, p, key): Gradient[] => [dropoutOp(dy, p, key)],
});

/** Each element is 0 with probability p, else divided by 1 - p (Srivastava et al., 2014). Errors: p outside 0 … 1. */
export function dropout(x: Tensor, p: number): Tensor {
  assertFloat("dropout", x);
  if (!(p >= 0 && p <= 1)) throw new RangeError(`dropout: p is ${p}, a probability lies from 0 to 1`);
  if (p === 0) return x;
  return p === 1 ? x.mul(0) : dropoutOp(x, p, nextKey());
}
