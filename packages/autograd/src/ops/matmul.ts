import { assertTensor } from "../check.ts";
import { isFloat } from "../dtypes.ts";
import { defineOp, type Gradient, type OpContext } from "../op.ts";
import { broadcastShapes, expandStrides, formatShape, type Shape, sizeOf } from "../shape.ts";
import type { Tensor } from "../tensor.ts";
import { sumTo } from "./reductions.ts";

/** A matrix operand as kernels want it: one of its last two strides is 1. Transposed matrices are, at no copy. */
function operand(ctx: OpContext, x: Tensor): Tensor {
  const [rows, columns] = x.shape.slice(-2);
  const [down, along] = x.strides.slice(-2);
  const withStrides = (...last: number[]) => ctx.view(x, x.shape, [...x.strides.slice(0, -2), ...last]);
  // An axis of size 1 is never stepped along: its stride is written as a kernel expects it.
  if (columns === 1 && (rows === 1 || down > 0)) return withStrides(rows === 1 ? 1 : down, 1);
  if (rows === 1 && along > 0) return along === 1 ? withStrides(columns, 1) : withStrides(1, along);
  const isPlain = along === 1 && down > 0;
  const isTransposed = down === 1 && along > 0;
  return isPlain || isTransposed ? x : ctx.dense(x);
}

/** x's leading axes as one, where the memory allows: many products with one matrix are one larger product. */
function collapse(x: Tensor): { rows: number; stride: number } | undefined {
  let rows = x.shape[x.rank - 2];
  let stride = x.strides[x.rank - 2];
  if (rows === 1 && x.rank > 2) stride = x.shape[x.rank - 1];
  for (let i = x.rank - 3; i >= 0; i--) {
    if (x.shape[i] !== 1 && x.strides[i] !== stride * rows) return undefined;
    rows *= x.shape[i];
  }
  return { rows, stride };
}

const product = defineOp("matmul", {
  forward(ctx, a: Tensor, b: Tensor): Tensor {
    ctx.save(a, b);
    const [m, k] = a.shape.slice(-2);
    const n = b.shape[b.rank - 1];
    const batch = broadcastShapes("matmul", a.shape.slice(0, -2), b.shape.slice(0, -2));
    const left = operand(ctx, a);
    const right = operand(ctx, b);
    const out = ctx.allocate([...batch, m, n]);
    const rows = b.rank === 2 ? collapse(left) : undefined;
    if (a.rank > 2 && rows !== undefined && left.strides[left.rank - 1] === 1) {
      const tall = ctx.view(left, [rows.rows, k], [rows.stride, 1]);
      ctx.device.matmul(ctx.view(out, [rows.rows, n], [n, 1]), tall, right, false);
    } else {
      ctx.device.matmul(out, stretch(ctx, left, batch), stretch(ctx, right, batch), false);
    }
    return out;
  },
  // y = a b:  da = dy bᵀ,  db = aᵀ dy
  backward(ctx, dy): Gradient[] {
    const [a, b] = ctx.saved;
    return [
      ctx.needs[0] ? sumTo(inLayoutOf(a, dy, b, "left"), ctx.shapes[0]) : undefined,
      ctx.needs[1] ? rightGradient(a, b, dy) : undefined,
    ];
  },
});

const stretch = (ctx: OpContext, x: Tensor, batch: Shape) => {
  const shape = [...batch, ...x.shape.slice(-2)];
  return ctx.view(x, shape, expandStrides("matmul", x.shape, x.strides, shape));
};

const isTransposedView = (x: Tensor) => x.strides[x.rank - 2] === 1 && x.strides[x.rank - 1] !== 1;

/** dy bᵀ or aᵀ dy, laid out like the operand, so that a transposed weight gets its gradient without a copy. */
function inLayoutOf(x: Tensor, dy: Tensor, other: Tensor, side: "left" | "right"): Tensor {
  if (side === "left") return isTransposedView(x) ? other.matmul(dy.T).T : dy.matmul(other.T);
  return isTransposedView(x) ? dy.T.matmul(other).T : other.T.matmul(dy);
}

function rightGradient(a: Tensor, b: Tensor, dy: Tensor): Tensor {
  if (b.rank > 2 || a.rank === 2) return sumTo(inLayoutOf(b, dy, a, "right"), b.shape);
  // One matrix against a batch: the batch is summed over inside one tall product.
  const tall = (x: Tensor) => x.reshape(sizeOf(x.shape.slice(0, -1)), x.shape[x.rank - 1]);
  return inLayoutOf(b, tall(dy), tall(a), "right");
}

/**
 * Matrix product over the last two axes, broadcast over the others: [..., m, k] x [..., k, n] -> [..., m, n].
 * A tensor of one axis stands for a row on the left and for a column on the right.
 * Errors: inner sizes that differ, scalars, int32.
 */
export function matmul(a: Tensor, b: Tensor): Tensor {
  assertTensor("matmul", b, "the other factor");
  const shapes = `${formatShape(a.shape)} x ${formatShape(b.shape)}`;
  if (a.rank === 0 || b.rank === 0) throw new RangeError(`matmul: needs at least one axis on both sides: ${shapes}`);
  if (!isFloat(a.dtype) || !isFloat(b.dtype)) {
    throw new TypeError(`matmul: multiplies float32 tensors, got ${a.dtype} x ${b.dtype}: use .float()`);
  }
  const left = a.rank === 1 ? a.reshape(1, -1) : a;
  const right = b.rank === 1 ? b.reshape(-1, 1) : b;
  if (left.shape[left.rank - 1] !== right.shape[right.rank - 2]) {
    throw new RangeError(`matmul: inner sizes differ: ${shapes}`);
  }
  let y = product(left, right);
  if (b.rank === 1) y = y.reshape(y.shape.slice(0, -1));
  if (a.rank === 1) y = y.reshape(b.rank === 1 ? [] : [...y.shape.slice(0, -2), y.shape[y.rank - 1]]);
  return y;
}

/** Products of as many matrices as there are on both sides. Errors: no batch of matrices, or two of different size. */
export function bmm(a: Tensor, b: Tensor): Tensor {
  assertTensor("bmm", b, "the other factor");
  if (a.rank !== 3 || b.rank !== 3 || a.shape[0] !== b.shape[0]) {
    throw new RangeError(
      `bmm: multiplies [batch, m, k] with [batch, k, n], got ${formatShape(a.shape)} x ${formatShape(b.shape)}: matmul broadcasts`,
    );
  }
  return matmul(a, b);
}
