import { assertFloat, defineOp, type Gradient } from "../op.ts";
import { formatShape, sameShape } from "../shape.ts";
import type { Tensor } from "../tensor.ts";

const gated = defineOp("swiglu", {
  kernels: ["swiglu", "swigluGrad"],
  forward(ctx, gate: Tensor, up: Tensor): Tensor {
    ctx.save(gate, up);
    const out = ctx.allocate(gate.shape);
    ctx.device.swiglu!(out, ctx.dense(gate), ctx.dense(up));
    return out;
  },
  backward(ctx, dy): Gradient[] {
    const [gate, up] = ctx.saved.map((x) => ctx.dense(x));
    const [dgate, dup] = [ctx.allocate(gate.shape), ctx.allocate(gate.shape)];
    ctx.device.swigluGrad!(dgate, dup, gate, up, ctx.dense(dy));
    return [dgate, dup];
  },
  composite: (gate, up) => gate.silu().mul(up),
});

/**
 * `silu(gate) * up`, the middle of a gated feed-forward layer (Shazeer, 2020). Both of one shape.
 * Errors: shapes that differ, int32.
 */
export function swiglu(gate: Tensor, up: Tensor): Tensor {
  assertFloat("swiglu", gate);
  assertFloat("swiglu", up);
  if (!sameShape(gate.shape, up.shape)) {
    throw new RangeError(`swiglu: shapes differ: gate ${formatShape(gate.shape)}, up ${formatShape(up.shape)}`);
  }
  return gated(gate, up);
}
