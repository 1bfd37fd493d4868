import type { AttentionOptions, Strided } from "../../device.ts";
import { blas } from "./blas.ts";
import { Footprint } from "./footprint.ts";
import { heightOf, machine, nextDescription, runTouching } from "./machine.ts";
import { addressOf, BYTES, blockOf } from "./operands.ts";

/** Queries of a unit: where there are many pairs of batch and head, each is one; else long contexts are shared out. */
const LONG = 256;
const SHORT = 64;
const MANY_PAIRS = 16;

/** What each kernel works on, in the order that `kernels/attention.ts` gives. */
type Operands = readonly Strided[];

/** Writes an operand's address, and its steps in bytes along batch, heads and time. Gives the word behind. */
function place(ints: Int32Array, word: number, x: Strided): number {
  ints[word] = addressOf(x);
  for (let axis = 0; axis < 3; axis++) ints[word + 1 + axis] = x.strides[axis] * BYTES;
  return word + 4;
}

/** Writes down what the kernels have to know (`Problem` in kernels/attention.ts) and returns its address. */
function describe(block: number, lse: Strided, operands: Operands, options: AttentionOptions): number {
  const [q, k] = operands;
  const [, heads, queries, size] = q.shape;
  const { causal, scale, mask } = options;
  const { ints, floats } = machine().memory;
  const address = nextDescription();
  let word = address / BYTES;
  ints[word++] = heads;
  ints[word++] = queries;
  ints[word++] = k.shape[2];
  ints[word++] = size;
  ints[word++] = Number(causal);
  floats[word++] = scale;
  ints[word++] = block;
  ints[word++] = addressOf(lse);
  if (mask === undefined) ints.fill(0, word, word + 4);
  else place(ints, word, mask);
  word += 4;
  ints[word++] = mask === undefined ? 0 : mask.strides[3] * BYTES;
  for (const x of operands) word = place(ints, word, x);
  return address;
}

/** Floating-point operations that are worth a thread of their own: some 40 microseconds. */
const FLOPS_PER_PART = 1e6;

/** Keys for which, and up to which, BLAS computes the products: fewer are not worth its calls, more leave blocks too low. */
const BLAS_KEYS = { least: 128, most: 4096 };
/** Queries for which it does. */
const BLAS_QUERIES = 16;

/** Only sizes decide, so that equal steps take equal ways. */
function suitsBlas(q: Strided, k: Strided): boolean {
  const keys = k.shape[2];
  if (q.shape[2] < BLAS_QUERIES || keys < BLAS_KEYS.least || keys > BLAS_KEYS.most) return false;
  const library = blas();
  return library !== undefined && !library.ownThreads;
}

/** Pairs of batch and head. */
const pairsOf = (x: Strided) => x.shape[0] * x.shape[1];

export function attention(
  out: Strided,
  lse: Strided,
  q: Strided,
  k: Strided,
  v: Strided,
  options: AttentionOptions,
): void {
  const pairs = pairsOf(q);
  const block = pairs >= MANY_PAIRS ? LONG : SHORT;
  const [, , queries, size] = q.shape;
  const flops = 4 * Math.min(queries, block) * k.shape[2] * size;
  const grain = Math.max(1, Math.floor(FLOPS_PER_PART / flops));
  const kernel = suitsBlas(q, k) ? "blasAttention" : "attention";
  const footprint = footprintOf([q, k, v], [out, lse], options);
  const address = describe(block, lse, [q, k, v, out], options);
  runTouching(footprint, kernel, pairs * Math.ceil(queries / block), grain, address);
}

/**
 * Parts are whole examples of the batch where the cuts of [batch, time] rows fall between them, and each of those is made
 * from its own rows.
 */
function footprintOf(read: Operands, written: Operands, { mask }: AttentionOptions): Footprint {
  const [batch, , time] = read[0].shape;
  const fits = heightOf(batch * time) % time === 0;
  const footprint = new Footprint(fits ? batch * time : 0);
  for (const x of read) footprint.touch(blockOf(x), false, rowBytesOf(x, time));
  for (const x of written) footprint.touch(blockOf(x), true, rowBytesOf(x, time));
  return footprint.reads(mask);
}

/** Bytes of a row of [batch, time, …] in which heads lie beside each other; 0 where examples do not lie behind each other. */
function rowBytesOf({ shape, strides, offset }: Strided, time: number): number {
  if (shape[2] !== time) return 0;
  // The logarithms, [batch, heads, time], have heads outside of time, but no part has less than an example of them.
  const row = shape.length === 3 ? shape[1] : strides[2];
  return strides[0] === time * row && offset < row ? row * BYTES : 0;
}

export function attentionGrad(
  dq: Strided,
  dk: Strided,
  dv: Strided,
  dout: Strided,
  out: Strided,
  lse: Strided,
  q: Strided,
  k: Strided,
  v: Strided,
  options: AttentionOptions,
): void {
  const kernel = suitsBlas(q, k) ? "blasAttentionGrad" : "attentionGrad";
  const footprint = footprintOf([q, k, v, out, dout, lse], [dq, dk, dv], options);
  runTouching(footprint, kernel, pairsOf(q), 1, describe(0, lse, [q, k, v, out, dout, dq, dk, dv], options));
}
