import { defineOp, type Gradient } from "../op.ts";
import { expandStrides, formatShape, sizeOf } from "../shape.ts";
import type { Tensor } from "../tensor.ts";

const asRows = (x: Tensor) => (x.rank === 2 ? x : x.reshape(sizeOf(x.shape.slice(0, -1)), x.shape[x.rank - 1]));

const linearOp = defineOp("linear", {
  forward(ctx, x: Tensor, weight: Tensor, bias: Tensor | undefined): Tensor {
    ctx.save(x, weight);
    const input = ctx.dense(x);
    const [outputs, inputs] = weight.shape;
    const rows = sizeOf(x.shape.slice(0, -1));
    const y = ctx.allocate([...x.shape.slice(0, -1), outputs]);
    const flat = ctx.view(y, [rows, outputs], [outputs, 1]);
    const transposed = ctx.view(weight, [inputs, outputs], [weight.strides[1], weight.strides[0]]);
    ctx.device.matmul(flat, ctx.view(input, [rows, inputs], [inputs, 1]), transposed, false);
    if (bias !== undefined) {
      const strides = expandStrides("linear", bias.shape, bias.strides, flat.shape);
      ctx.device.binary("add", flat, flat, ctx.view(bias, flat.shape, strides));
    }
    return y;
  },
  // dx = dy W,  dW = dyᵀ x,  db = sum of dy's rows
  backward(ctx, dy): Gradient[] {
    const [x, weight] = ctx.saved;
    const rows = asRows(dy);
    return [
      ctx.needs[0] ? rows.matmul(weight).reshape(ctx.shapes[0]) : undefined,
      ctx.needs[1] ? rows.T.matmul(asRows(x)) : undefined,
      ctx.needs[2] ? rows.sum(0) : undefined,
    ];
  },
});

/**
 * A fully connected layer: `x Wᵀ + b`. x: [..., inputs], weight: [outputs, inputs], bias: [outputs] -> [..., outputs].
 * Errors: sizes that do not fit.
 */
export function linear(x: Tensor, weight: Tensor, bias?: Tensor): Tensor {
  const inputs = x.shape[x.rank - 1];
  if (weight.rank !== 2 || x.rank < 1 || weight.shape[1] !== inputs) {
    throw new RangeError(`linear: inner sizes differ: x ${formatShape(x.shape)}, weight ${formatShape(weight.shape)}`);
  }
  if (bias !== undefined && (bias.rank !== 1 || bias.shape[0] !== weight.shape[0])) {
    throw new RangeError(`linear: the bias is ${formatShape(bias.shape)}, weight ${formatShape(weight.shape)}`);
  }
  const plain = weight.strides[0] === 1 || weight.strides[1] === 1 ? weight : weight.contiguous();
  return linearOp(x, plain, bias);
}
