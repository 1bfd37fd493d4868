import { assertTensor } from "../check.ts";
import type { Strided } from "../device.ts";
import { defineOp, type Gradient, type OpContext } from "../op.ts";
import { expandStrides, formatShape, sizeOf } from "../shape.ts";
import type { Tensor } from "../tensor.ts";

const asRows = (x: Tensor) => (x.rank === 2 ? x : x.reshape(sizeOf(x.shape.slice(0, -1)), x.shape[x.rank - 1]));

/** All of it in one kernel, where no gradient asks for what lies between. */
function atOnce(ctx: OpContext, x: Tensor, weight: Tensor, bias: Tensor | undefined, gelu: boolean): Tensor {
  const [outputs, inputs] = weight.shape;
  const y = ctx.allocate(x.shape.with(-1, outputs));
  const rows = y.size / outputs;
  ctx.device.linear!(matrix(y, rows, outputs), matrix(ctx.dense(x), rows, inputs), weight, bias, gelu);
  return y;
}

/** What lies row-major as a matrix: for a kernel, which needs no tensor. */
function matrix({ storage, offset }: Strided, rows: number, columns: number): Strided {
  return { storage, offset, shape: [rows, columns], strides: [columns, 1] };
}

/** x Wᵀ without the bias: [..., outputs], and the same memory as [rows, outputs]. */
function product(ctx: OpContext, x: Tensor, weight: Tensor): { y: Tensor; flat: Tensor } {
  const input = ctx.dense(x);
  const [outputs, inputs] = weight.shape;
  const rows = sizeOf(x.shape.slice(0, -1));
  const y = ctx.allocate([...x.shape.slice(0, -1), outputs]);
  const flat = ctx.view(y, [rows, outputs], [outputs, 1]);
  const transposed = ctx.view(weight, [inputs, outputs], [weight.strides[1], weight.strides[0]]);
  ctx.device.matmul(flat, ctx.view(input, [rows, inputs], [inputs, 1]), transposed, false);
  return { y, flat };
}

/** dx = dy W,  dW = dyᵀ x */
function productGradients(ctx: OpContext, dy: Tensor, x: Tensor, weight: Tensor): [Gradient, Gradient] {
  return [
    ctx.needs[0] ? dy.matmul(weight).reshape(ctx.shapes[0]) : undefined,
    ctx.needs[1] ? dy.T.matmul(asRows(x)) : undefined,
  ];
}

const linearOp = defineOp("linear", {
  forward(ctx, x: Tensor, weight: Tensor, bias: Tensor | undefined): Tensor {
    ctx.save(x, weight);
    const { y, flat } = product(ctx, x, weight);
    if (bias !== undefined) {
      const strides = expandStrides("linear", bias.shape, bias.strides, flat.shape);
      ctx.device.binary("add", flat, flat, ctx.view(bias, flat.shape, strides));
    }
    return y;
  },
  backward(ctx, dy): Gradient[] {
    const [x, weight] = ctx.saved;
    const rows = asRows(dy);
    return [...productGradients(ctx, rows, x, weight), ctx.needs[2] ? rows.sum(0) : undefined];
  },
  unrecorded: {
    kernels: ["linear"],
    suits: (_x, weight) => weight.size > 0,
    forward: (ctx, x, weight, bias) => atOnce(ctx, x, weight, bias, false),
  },
});

/** Bias, GELU and GELU's derivative in one pass over the product, in whose place the derivative is kept. */
const linearGeluOp = defineOp("linearGelu", {
  kernels: ["biasGelu", "biasGeluGrad"],
  forward(ctx, x: Tensor, weight: Tensor, bias: Tensor | undefined): Tensor {
    const { y: slope, flat } = product(ctx, x, weight);
    const out = ctx.allocate(slope.shape);
    ctx.device.biasGelu!(ctx.view(out, flat.shape, flat.strides), flat, bias!);
    ctx.save(x, weight, slope);
    return out;
  },
  backward(ctx, dy): Gradient[] {
    const [x, weight, slope] = ctx.saved;
    const rows = asRows(ctx.dense(dy));
    const dinner = ctx.allocate(rows.shape);
    const dbias = ctx.allocate(ctx.shapes[2]);
    ctx.device.biasGeluGrad!(dinner, dbias, asRows(slope), rows);
    return [...productGradients(ctx, dinner, x, weight), dbias];
  },
  suits: (_x, _weight, bias) => bias !== undefined,
  composite: (x, weight, bias) => linearOp(x, weight, bias).gelu(),
  unrecorded: {
    kernels: ["linear"],
    suits: (_x, weight, bias) => weight.size > 0 && bias !== undefined,
    forward: (ctx, x, weight, bias) => atOnce(ctx, x, weight, bias, true),
  },
});

function assertFits(op: string, x: Tensor, weight: Tensor, bias: Tensor | undefined): void {
  for (const [role, part] of [
    ["the input", x],
    ["the weight", weight],
  ] as const)
    assertTensor(op, part, role);
  if (weight.rank !== 2 || x.rank < 1 || weight.shape[1] !== x.shape[x.rank - 1]) {
    throw new RangeError(`${op}: inner sizes differ: x ${formatShape(x.shape)}, weight ${formatShape(weight.shape)}`);
  }
  if (bias !== undefined && (bias.rank !== 1 || bias.shape[0] !== weight.shape[0])) {
    throw new RangeError(`${op}: the bias is ${formatShape(bias.shape)}, weight ${formatShape(weight.shape)}`);
  }
}

/** A weight whose rows or columns lie together. */
const plain = (weight: Tensor) => (weight.strides[0] === 1 || weight.strides[1] === 1 ? weight : weight.contiguous());

/**
 * A fully connected layer: `x Wᵀ + b`. x: [..., inputs], weight: [outputs, inputs], bias: [outputs] -> [..., outputs].
 * Errors: sizes that do not fit.
 */
export function linear(x: Tensor, weight: Tensor, bias?: Tensor): Tensor {
  assertFits("linear", x, weight, bias);
  return linearOp(x, plain(weight), bias?.contiguous());
}

/** `gelu(x Wᵀ + b)`: a fully connected layer and the exact GELU. Shapes and errors as in `linear`. */
export function linearGelu(x: Tensor, weight: Tensor, bias?: Tensor): Tensor {
  assertFits("linearGelu", x, weight, bias);
  return linearGeluOp(x, plain(weight), bias?.contiguous());
}
