import { concat, ones, type Tensor } from "@lectern/autograd";

/** What one layer keeps of the positions so far. */
export interface Cache {
  /** [batch, heads, length, size] */
  readonly keys: Tensor;
  /** [batch, heads, length, size] */
  readonly values: Tensor;
}

/**
 * A cache with the keys and values of new positions behind those that it has; at first there is none (`undefined`).
 * keys, values: [batch, heads, new, size]
 */
export function append(cache: Cache | undefined, keys: Tensor, values: Tensor): Cache {
  if (cache === undefined) return { keys, values };
  return { keys: concat([cache.keys, keys], 2), values: concat([cache.values, values], 2) };
}

/** How many positions it has kept: 0 where there is none yet. */
export function lengthOf(cache: Cache | undefined): number {
  return cache?.keys.shape[2] ?? 0;
}

/**
 * Causal attention of the last `new` of the positions that are kept, to all of them: softmax(queries keysᵀ / √size) values, where
 * query i sees the keys j ≤ i + (length - new). Their own keys and values are in the cache already.
 * queries: [batch, heads, new, size] -> the same
 */
export function attendCached(queries: Tensor, cache: Cache): Tensor {
  const [, , count, size] = queries.shape;
  const length = lengthOf(cache);
  const future = ones([count, length], { dtype: "int32", device: queries.device }).triu(length - count + 1);
  const scores = queries.matmul(cache.keys.T).div(Math.sqrt(size));
  return scores.maskedFill(future, Number.NEGATIVE_INFINITY).softmax(-1).matmul(cache.values);
}

/**
 * Adds to the vectors of new tokens what tells where they stand: row p of the table for position p. The first of them stands
 * right behind those that the cache has; their own keys and values are not in it yet.
 * x: [batch, new, width], table: [context, width] -> [batch, new, width]
 */
export function addPositions(x: Tensor, table: Tensor, cache: Cache | undefined): Tensor {
  const start = lengthOf(cache);
  return x.add(table.slice(0, start, start + x.shape[1]));
}
