import { gradEnabled } from "../engine/recording.ts";
import { defineOp } from "../op.ts";
import { formatShape } from "../shape.ts";
import type { Tensor } from "../tensor.ts";
import { type AttentionOptions, scaledDotProductAttention, suitsKernels } from "./attention.ts";

/** What does not depend on the tensors: how many positions lie in the cache already, and what scores are multiplied with. */
interface Settings {
  readonly start: number;
  readonly scale: number;
  readonly dropout: number;
  readonly last: boolean;
}

export interface CachedAttentionOptions extends Pick<AttentionOptions, "scale" | "dropout"> {
  /** Whether the last new position's output is all that is wanted: [batch, 1, width]. */
  last?: boolean;
}

/** Positions whose scores a kernel keeps beside each other. */
const LONGEST = 2 ** 16;

const suits = (_qkv: Tensor, cache: Tensor, settings: Settings) =>
  suitsKernels(cache.shape[4], settings) && cache.isContiguous();

/** Where the device has a kernel for attention: one copy into the cache, then all is read as it lies. */
const attendCached = defineOp("cachedAttention", {
  kernels: ["attention"],
  forward(ctx, qkv: Tensor, cache: Tensor, { start, scale, last }: Settings): Tensor {
    const packed = ctx.dense(qkv);
    const [batch, time, triple] = packed.shape;
    const [, , heads, , size] = cache.shape;
    const [sequence, part, head, row] = cache.strides;
    // Keys and values as 2 heads parts of the width, which lie alike in both.
    const place = ctx.view(cache, [batch, 2 * heads, time, size], [sequence, head, row, 1], cache.offset + start * row);
    const fresh = ctx.view(packed, place.shape, [time * triple, size, triple, 1], packed.offset + heads * size);
    ctx.device.copy(place, fresh);
    ctx.changed(cache);

    const seen = [batch, heads, start + time, size];
    const strides = [sequence, head, row, 1];
    const keys = ctx.view(cache, seen, strides);
    const values = ctx.view(cache, seen, strides, cache.offset + part);
    const first = last ? time - 1 : 0;
    const count = time - first;
    const y = ctx.allocate([batch, count, heads * size]);
    const lse = ctx.allocate([batch, heads, count]);
    // As they lie in [batch, time, heads size].
    const from = packed.offset + first * triple;
    const queries = ctx.view(packed, [batch, heads, count, size], [time * triple, size, triple, 1], from);
    const width = heads * size;
    const out = ctx.view(y, queries.shape, [count * width, size, width, 1]);
    ctx.device.attention!(out, lse, queries, keys, values, { causal: true, scale, mask: undefined });
    return y;
  },
  backward() {
    throw new Error("cachedAttention: has no gradient, for it writes into its cache");
  },
  suits,
  composite,
  unrecorded: {
    kernels: ["attendCached"],
    suits: (qkv, cache, settings) => qkv.shape[1] === 1 && cache.shape[3] <= LONGEST && suits(qkv, cache, settings),
    forward(ctx, qkv, cache, { start, scale }) {
      const [batch, , triple] = qkv.shape;
      const y = ctx.allocate([batch, 1, triple / 3]);
      ctx.device.attendCached!(y, cache, ctx.dense(qkv), start, scale);
      ctx.changed(cache);
      return y;
    },
  },
});

/** The definition, in terms of other ops. */
function composite(qkv: Tensor, cache: Tensor, { start, scale, dropout, last }: Settings): Tensor {
  const [batch, time] = qkv.shape;
  const [, , heads, , size] = cache.shape;
  const parts = qkv.reshape(batch, time, 3, heads, size).permute(0, 2, 3, 1, 4);
  cache.narrow(3, start, time).copy_(parts.narrow(1, 1, 2));
  const seen = cache.narrow(3, 0, start + time);
  const options = { causal: true, scale, dropout };
  const queries = last ? parts.select(1, 0).slice(2, time - 1) : parts.select(1, 0);
  return scaledDotProductAttention(queries, seen.select(1, 0), seen.select(1, 1), options)
    .transpose(1, 2)
    .reshape(batch, queries.shape[2], heads * size);
}

function assertShapes(qkv: Tensor, cache: Tensor, start: number): void {
  const [batch, two, heads, context, size] = cache.shape;
  if (cache.rank !== 5 || two !== 2) {
    fail("the cache has to be [batch, 2, heads, context, size]", qkv, cache);
  }
  if (qkv.rank !== 3 || qkv.shape[0] !== batch || qkv.shape[2] !== 3 * heads * size) {
    fail("qkv has to be [batch, time, 3 width] as the cache is", qkv, cache);
  }
  if (start + qkv.shape[1] > context) fail(`${qkv.shape[1]} positions do not fit behind ${start}`, qkv, cache);
}

function fail(rule: string, qkv: Tensor, cache: Tensor): never {
  throw new RangeError(`cachedAttention: ${rule}: qkv ${formatShape(qkv.shape)}, cache ${formatShape(cache.shape)}`);
}

/**
 * Causal self-attention of several heads that goes on where an earlier call stopped: keys and values of the new positions
 * are written into `cache` behind the `start` that lie there, and each new query sees all up to its own.
 * qkv: [batch, time, 3 width] as in `multiHeadAttention`; cache: [batch, 2, heads, context, size], keys and values ->
 * [batch, time, width].
 * Errors: sizes that do not fit, more positions than the cache has room for, gradients being recorded.
 */
export function cachedAttention(
  qkv: Tensor,
  cache: Tensor,
  start: number,
  { scale, dropout = 0, last = false }: CachedAttentionOptions = {},
): Tensor {
  assertShapes(qkv, cache, start);
  if (gradEnabled() && (qkv.requiresGrad || cache.requiresGrad)) {
    throw new Error("cachedAttention: has no gradient, for it writes into its cache: wrap it in noGrad(() => …)");
  }
  return attendCached(qkv, cache, { start, scale: scale ?? 1 / Math.sqrt(cache.shape[4]), dropout, last });
}
