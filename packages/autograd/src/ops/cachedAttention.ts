import { gradEnabled } from "../engine.ts";
import { defineOp } from "../op.ts";
import { formatShape } from "../shape.ts";
import type { Tensor } from "../tensor.ts";
import { type AttentionOptions, canFuse, headsOf, scaledDotProductAttention } from "./attention.ts";

/** What does not depend on the tensors: how many positions lie in the cache already, and what scores are multiplied with. */
interface Settings {
  readonly heads: number;
  readonly start: number;
  readonly scale: number;
}

/** Where the device has a kernel for attention: one copy into the cache, then every head is read as it lies. */
const fused = defineOp("cachedAttention", {
  forward(ctx, qkv: Tensor, cache: Tensor, { heads, start, scale }: Settings): Tensor {
    const packed = ctx.dense(qkv);
    const [batch, time, triple] = packed.shape;
    const width = triple / 3;
    const size = width / heads;
    const [steps, row] = cache.strides;
    const place = ctx.view(cache, [batch, time, 2 * width], cache.strides, cache.offset + start * row);
    const fresh = ctx.view(packed, place.shape, [time * triple, triple, 1], packed.offset + width);
    ctx.device.copy(place, fresh);
    cache.storage.version++;

    const seen = [batch, heads, start + time, size];
    const strides = [steps, size, row, 1];
    const keys = ctx.view(cache, seen, strides);
    const values = ctx.view(cache, seen, strides, cache.offset + width);
    const y = ctx.allocate([batch, time, width]);
    const lse = ctx.allocate([batch, heads, time]);
    const [queries] = headsOf(ctx, packed, heads, 3);
    const [out] = headsOf(ctx, y, heads, 1);
    ctx.device.attention!(out, lse, queries, keys, values, { causal: true, scale, mask: undefined });
    return y;
  },
  backward() {
    throw new Error("cachedAttention: has no gradient, for it writes into its cache");
  },
});

/** The definition, in terms of other ops. */
function composite(qkv: Tensor, cache: Tensor, { heads, start, scale }: Settings, dropout: number): Tensor {
  const [batch, time, triple] = qkv.shape;
  const width = triple / 3;
  const headsIn = (x: Tensor) => x.reshape(batch, x.shape[1], heads, width / heads).transpose(1, 2);
  cache.narrow(1, start, time).copy_(qkv.narrow(2, width, 2 * width));
  const seen = cache.narrow(1, 0, start + time);
  const [queries, keys, values] = [qkv.narrow(2, 0, width), seen.narrow(2, 0, width), seen.narrow(2, width, width)];
  const options = { causal: true, scale, dropout };
  return scaledDotProductAttention(headsIn(queries), headsIn(keys), headsIn(values), options)
    .transpose(1, 2)
    .reshape(batch, time, width);
}

/**
 * Causal self-attention of several heads that goes on where an earlier call stopped: keys and values of the new positions
 * are written into `cache` behind the `start` that lie there, and each new query sees all up to its own.
 * qkv: [batch, time, 3 width] as in `multiHeadAttention`, cache: [batch, context, 2 width] -> [batch, time, width].
 * Errors: sizes that do not fit, more positions than the cache has room for, gradients being recorded.
 */
export function cachedAttention(
  qkv: Tensor,
  cache: Tensor,
  heads: number,
  start: number,
  { scale, dropout = 0 }: Pick<AttentionOptions, "scale" | "dropout"> = {},
): Tensor {
  const [batch, time, triple] = qkv.shape;
  const shapes = `qkv ${formatShape(qkv.shape)}, cache ${formatShape(cache.shape)}`;
  if (qkv.rank !== 3 || triple % (3 * heads) !== 0) {
    throw new RangeError(`cachedAttention: qkv is no [batch, time, 3 width] for ${heads} heads: ${shapes}`);
  }
  if (cache.rank !== 3 || cache.shape[0] !== batch || cache.shape[2] * 3 !== triple * 2) {
    throw new RangeError(`cachedAttention: the cache has to be [batch, context, 2 width]: ${shapes}`);
  }
  if (start + time > cache.shape[1]) {
    throw new RangeError(`cachedAttention: ${time} positions do not fit behind ${start}: ${shapes}`);
  }
  if (gradEnabled() && (qkv.requiresGrad || cache.requiresGrad)) {
    throw new Error("cachedAttention: has no gradient, for it writes into its cache: wrap it in noGrad(() => …)");
  }
  const size = triple / 3 / heads;
  const settings: Settings = { heads, start, scale: scale ?? 1 / Math.sqrt(size) };
  return canFuse(qkv.device, size, { dropout }) && cache.strides[2] === 1
    ? fused(qkv, cache, settings)
    : composite(qkv, cache, settings, dropout);
}
