import { arange } from "../creation.ts";
import type { AttentionOptions as KernelOptions } from "../device.ts";
import { INTEGER } from "../dtypes.ts";
import { defineOp, type Gradient, type OpContext } from "../op.ts";
import { broadcastShapes, formatShape, type Shape, sameShape } from "../shape.ts";
import type { Tensor } from "../tensor.ts";
import { dropout } from "./dropout.ts";
import { maskedFill, where } from "./masking.ts";

/** What queries may see, and what scores are multiplied with. */
export interface AttentionOptions {
  /** No query sees a key behind it: query i sees keys 0 … i + (keys - queries). */
  causal?: boolean;
  /** int32: 0 hides a key. float32: added to the scores. Broadcast to [batch, heads, queries, keys]. */
  mask?: Tensor;
  /** Probability with which attention weights are dropped. */
  dropout?: number;
  /** What the scores are multiplied with; 1 / sqrt(size) unless said otherwise. */
  scale?: number;
}

/** 1 where query i may see key j; the last query sees every key. int32 [queries, keys]. */
export function causalMask(queries: number, keys: number, device?: Tensor["device"]): Tensor {
  const query = arange(0, queries, 1, { device })
    .reshape(queries, 1)
    .add(keys - queries);
  return query.ge(arange(0, keys, 1, { device }));
}

/**
 * How much each query attends to each key: `softmax(q kᵀ * scale + mask)`.
 * q: [..., queries, size], k: [..., keys, size] -> [..., queries, keys]; a query that sees no key has only zeros.
 */
export function attentionWeights(q: Tensor, k: Tensor, options: AttentionOptions = {}): Tensor {
  const { causal = false, mask, scale = 1 / Math.sqrt(q.shape[q.rank - 1]) } = options;
  let scores = q.matmul(k.T).mul(scale);
  assertMask("attentionWeights", mask, scores.shape);
  if (causal) {
    const seen = causalMask(scores.shape[scores.rank - 2], scores.shape[scores.rank - 1], q.device);
    scores = maskedFill(scores, seen.eq(0), Number.NEGATIVE_INFINITY);
  }
  if (mask?.dtype === INTEGER) scores = maskedFill(scores, mask.eq(0), Number.NEGATIVE_INFINITY);
  else if (mask !== undefined) scores = scores.add(mask);
  return scores.softmax(-1);
}

/** The definition: weights, then their mean of the values. */
function composite(q: Tensor, k: Tensor, v: Tensor, options: AttentionOptions): Tensor {
  const weights = attentionWeights(q, k, options);
  return (options.dropout ? dropout(weights, options.dropout) : weights).matmul(v);
}

/** The mask is a tensor argument of its own, so that the graph looks after its memory. */
type Settings = Required<Pick<AttentionOptions, "causal" | "scale" | "dropout">>;
const present = (x: Tensor | undefined) => (x === undefined ? [] : [x]);

const alongRows = (ctx: OpContext, x: Tensor) => (x.strides[3] === 1 || x.shape[3] === 1 ? x : ctx.dense(x));

/** Heads for which a kernel's tiles surely fit into its memory; larger ones are few, and well served by products. */
const LARGEST_HEAD = 2048;

/** Whether kernels can take such heads: they do not drop, and a mask gets no gradient from them. */
export const suitsKernels = (size: number, { dropout }: Pick<Settings, "dropout">, mask?: Tensor) =>
  size <= LARGEST_HEAD && dropout === 0 && !mask?.requiresGrad;

/** [batch, heads, time, size] of one batch and number of heads, with as many values as keys, of the queries' size. */
function areHeads(q: Tensor, k: Tensor, v: Tensor): boolean {
  const alike = q.rank === 4 && k.rank === 4 && v.rank === 4 && sameShape(q.shape.slice(0, 2), k.shape.slice(0, 2));
  return alike && sameShape(k.shape, v.shape);
}

/** Without ever storing the scores, where the device has kernels for that. */
const attention = defineOp("attention", {
  kernels: ["attention", "attentionGrad"],
  forward(ctx, q: Tensor, k: Tensor, v: Tensor, settings: Settings, mask: Tensor | undefined): Tensor {
    const [queries, keys, values] = [q, k, v].map((x) => alongRows(ctx, x));
    const numbers = additive(mask, [...q.shape.slice(0, 3), k.shape[2]]);
    const out = ctx.allocate([...q.shape.slice(0, 3), v.shape[3]]);
    const lse = ctx.allocate(q.shape.slice(0, 3));
    ctx.device.attention!(out, lse, queries, keys, values, forKernels(settings, numbers));
    ctx.save(queries, keys, values, out, lse, ...present(numbers));
    return out;
  },
  backward(ctx, dy, settings): Gradient[] {
    const [q, k, v, out, lse, mask] = ctx.saved;
    const [dq, dk, dv] = [q, k, v].map(({ shape }) => ctx.allocate(shape));
    const options = forKernels(settings, mask);
    ctx.device.attentionGrad!(dq, dk, dv, alongRows(ctx, dy), out, lse, q, k, v, options);
    return [dq, dk, dv];
  },
  suits: (q, k, v, settings, mask) => areHeads(q, k, v) && suitsKernels(q.shape[3], settings, mask),
  composite: (q, k, v, settings, mask) => composite(q, k, v, { ...settings, mask }),
});

const forKernels = ({ causal, scale }: Settings, mask: Tensor | undefined): KernelOptions => ({ causal, scale, mask });

/** Queries, keys and values as they lie in one [batch, time, 3, heads, size] buffer: three [batch, heads, time, size]. */
export function headsOf(ctx: OpContext, packed: Tensor, heads: number, parts: number): Tensor[] {
  const [batch, time] = packed.shape;
  const width = packed.shape[2] / parts;
  const size = width / heads;
  const row = parts * width;
  return Array.from({ length: parts }, (_, part) =>
    ctx.view(packed, [batch, heads, time, size], [time * row, size, row, 1], packed.offset + part * width),
  );
}

/** The same on one packed tensor, read and written as it lies: no transposing, no copies. */
const packedAttention = defineOp("multiHeadAttention", {
  kernels: ["attention", "attentionGrad"],
  forward(ctx, qkv: Tensor, heads: number, settings: Settings, mask: Tensor | undefined): Tensor {
    const packed = ctx.dense(qkv);
    const [batch, time, triple] = packed.shape;
    const numbers = additive(mask, [batch, heads, time, time]);
    const y = ctx.allocate([batch, time, triple / 3]);
    const lse = ctx.allocate([batch, heads, time]);
    const [q, k, v] = headsOf(ctx, packed, heads, 3);
    const [out] = headsOf(ctx, y, heads, 1);
    ctx.device.attention!(out, lse, q, k, v, forKernels(settings, numbers));
    ctx.save(packed, y, lse, ...present(numbers));
    return y;
  },
  backward(ctx, dy, heads, settings): Gradient[] {
    const [packed, y, lse, mask] = ctx.saved;
    const gradient = ctx.allocate(packed.shape);
    const [q, k, v] = headsOf(ctx, packed, heads, 3);
    const [dq, dk, dv] = headsOf(ctx, gradient, heads, 3);
    const [out] = headsOf(ctx, y, heads, 1);
    const [dout] = headsOf(ctx, ctx.dense(dy), heads, 1);
    ctx.device.attentionGrad!(dq, dk, dv, dout, out, lse, q, k, v, forKernels(settings, mask));
    return [gradient];
  },
  suits: (qkv, heads, settings, mask) => suitsKernels(qkv.shape[2] / 3 / heads, settings, mask),
  composite: (qkv, heads, settings, mask) => packedComposite(qkv, heads, { ...settings, mask }),
});

function packedComposite(qkv: Tensor, heads: number, options: AttentionOptions): Tensor {
  const [batch, time, triple] = qkv.shape;
  const [q, k, v] = qkv
    .split(triple / 3, -1)
    .map((part) => part.reshape(batch, time, heads, triple / 3 / heads).transpose(1, 2));
  return scaledDotProductAttention(q, k, v, options)
    .transpose(1, 2)
    .reshape(batch, time, triple / 3);
}

/** A boolean mask as numbers to add. */
function additive(mask: Tensor | undefined, shape: Shape): Tensor | undefined {
  if (mask === undefined) return undefined;
  const numbers = mask.dtype === INTEGER ? where(mask, 0, Number.NEGATIVE_INFINITY) : mask;
  return numbers.expand(shape);
}

/** Errors: a mask that cannot be read as one value a query and key. scores: [..., queries, keys]. */
function assertMask(op: string, mask: Tensor | undefined, scores: Shape): void {
  if (mask === undefined) return;
  const shift = scores.length - mask.rank;
  if (shift >= 0 && mask.shape.every((n, i) => n === 1 || n === scores[i + shift])) return;
  throw new RangeError(
    `${op}: the mask ${formatShape(mask.shape)} does not expand to one value a query and key, ${formatShape(scores)}`,
  );
}

function scoresShape(op: string, q: Tensor, k: Tensor): Shape {
  const batch = broadcastShapes(op, q.shape.slice(0, -2), k.shape.slice(0, -2));
  return [...batch, q.shape[q.rank - 2], k.shape[k.rank - 2]];
}

function assertShapes(q: Tensor, k: Tensor, v: Tensor): void {
  const shapes = `q ${formatShape(q.shape)}, k ${formatShape(k.shape)}, v ${formatShape(v.shape)}`;
  if (q.rank < 2 || k.rank < 2 || v.rank < 2) {
    throw new RangeError(`scaledDotProductAttention: needs [..., time, size]: ${shapes}`);
  }
  if (q.shape[q.rank - 1] !== k.shape[k.rank - 1]) {
    throw new RangeError(`scaledDotProductAttention: queries and keys differ in size: ${shapes}`);
  }
  if (k.shape[k.rank - 2] !== v.shape[v.rank - 2]) {
    throw new RangeError(`scaledDotProductAttention: there has to be one value a key: ${shapes}`);
  }
}

/**
 * Scaled dot-product attention (Vaswani et al., 2017): `softmax(q kᵀ / sqrt(size)) v`.
 * q: [batch, heads, queries, size], k and v: [batch, heads, keys, size] -> [batch, heads, queries, size].
 * Errors: sizes that do not fit, a mask that does not broadcast.
 */
export function scaledDotProductAttention(q: Tensor, k: Tensor, v: Tensor, options: AttentionOptions = {}): Tensor {
  assertShapes(q, k, v);
  const op = "scaledDotProductAttention";
  assertMask(op, options.mask, scoresShape(op, q, k));
  const { causal = false, mask, scale = 1 / Math.sqrt(q.shape[q.rank - 1]), dropout: p = 0 } = options;
  return attention(q, k, v, { causal, scale, dropout: p }, mask);
}

/**
 * Self-attention of several heads on what one projection makes: qkv [batch, time, 3 width], queries, keys and values
 * behind each other, each shared out among the heads -> [batch, time, width].
 * Errors: a width that is no multiple of 3 heads, a mask that does not broadcast to [batch, heads, time, time].
 */
export function multiHeadAttention(qkv: Tensor, heads: number, options: AttentionOptions = {}): Tensor {
  if (qkv.rank !== 3 || qkv.shape[2] % (3 * heads) !== 0) {
    throw new RangeError(
      `multiHeadAttention: ${formatShape(qkv.shape)} is no [batch, time, 3 width] for ${heads} heads`,
    );
  }
  const [batch, time, triple] = qkv.shape;
  const { causal = false, mask, scale = 1 / Math.sqrt(triple / 3 / heads), dropout: p = 0 } = options;
  assertMask("multiHeadAttention", mask, [batch, heads, time, time]);
  return packedAttention(qkv, heads, { causal, scale, dropout: p }, mask);
}
