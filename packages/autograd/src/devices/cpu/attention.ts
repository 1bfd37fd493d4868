import type { AttentionOptions, Strided } from "../../device.ts";
import { addressOf, addressOrZero, BYTES, blockOf } from "./addresses.ts";
import { blas } from "./blas.ts";
import { Footprint } from "./footprint.ts";
import { Operand, Problem, Slot } from "./generated/interface.mjs";
import { heightOf, kernelsAtOnce, nextDescription, runTouching } from "./jobs.ts";
import { isAsWideAsBlas, machine } from "./machine.ts";

/** Queries of a unit: where there are many pairs of batch and head, each is one; else long contexts are shared out. */
const LONG = 256;
const SHORT = 64;
const MANY_PAIRS = 16;

/** What a kernel works on, each in its place in the description. */
type Operands = Partial<Record<keyof typeof Slot, Strided>>;

/** Writes down what the kernels have to know (`Problem` in kernels/attention.ts) and returns its address. */
function describe(block: number, lse: Strided, q: Strided, k: Strided, rest: Operands, options: AttentionOptions) {
  const [, heads, queries, size] = q.shape;
  const { causal, scale, mask } = options;
  const { ints, floats } = machine().memory;
  const address = nextDescription();
  const at = address / BYTES;
  ints[at + Problem.heads] = heads;
  ints[at + Problem.queries] = queries;
  ints[at + Problem.keys] = k.shape[2];
  ints[at + Problem.size] = size;
  ints[at + Problem.causal] = Number(causal);
  floats[at + Problem.scale] = scale;
  ints[at + Problem.block] = block;
  ints[at + Problem.lse] = addressOf(lse);
  const strides = mask?.strides ?? [0, 0, 0, 0];
  ints[at + Problem.mask] = addressOrZero(mask);
  ints[at + Problem.maskBatch] = strides[0] * BYTES;
  ints[at + Problem.maskHead] = strides[1] * BYTES;
  ints[at + Problem.maskQuery] = strides[2] * BYTES;
  ints[at + Problem.maskKey] = strides[3] * BYTES;
  const operands: Operands = { q, k, ...rest };
  for (const slot of SLOTS) {
    const x = operands[slot];
    if (x !== undefined) describeOperand(ints, at + Problem.words + Slot[slot] * Operand.words, x);
  }
  return address;
}

const SLOTS = Object.keys(Slot) as (keyof typeof Slot)[];

function describeOperand(ints: Int32Array, at: number, x: Strided): void {
  ints[at + Operand.address] = addressOf(x);
  ints[at + Operand.batch] = x.strides[0] * BYTES;
  ints[at + Operand.head] = x.strides[1] * BYTES;
  ints[at + Operand.row] = x.strides[2] * BYTES;
}

/** Floating-point operations that are worth a thread of their own: some 40 microseconds. */
const FLOPS_PER_PART = 1e6;

/** Keys for which, and up to which, BLAS computes the products: fewer are not worth its calls, more leave blocks too low. */
const BLAS_KEYS = { least: 128, most: 4096 };
/** Queries for which it does. */
const BLAS_QUERIES = 16;

/** The machine and sizes decide, so that equal steps take equal ways. */
function suitsBlas(q: Strided, k: Strided): boolean {
  const keys = k.shape[2];
  if (isAsWideAsBlas()) return false;
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
  const address = describe(block, lse, q, k, { v, out }, options);
  runTouching(footprint, kernel, pairs * Math.ceil(queries / block), grain, address);
}

/** Heads' keys and values that are worth a thread of their own. */
const BYTES_PER_PART = 2 ** 17;

export function attendCached(out: Strided, cache: Strided, qkv: Strided, start: number, scale: number): void {
  const [batch, , heads, context, size] = cache.shape;
  const grain = Math.ceil(BYTES_PER_PART / (2 * (start + 1) * size * BYTES));
  const [y, p, c] = [addressOf(out), addressOf(qkv), addressOf(cache)];
  const kernels = kernelsAtOnce(batch * heads, grain);
  if (kernels !== undefined) {
    kernels.attendCached(0, batch * heads, heads, size, context, start, y, p, c, scale);
    return;
  }
  const footprint = new Footprint().reads(qkv).writes(out, cache);
  runTouching(footprint, "attendCached", batch * heads, grain, heads, size, context, start, y, p, c, scale);
}

/**
 * Parts are whole examples of the batch where the cuts of [batch, time] rows fall between them, and each of those is made
 * from its own rows.
 */
function footprintOf(read: readonly Strided[], written: readonly Strided[], { mask }: AttentionOptions): Footprint {
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
  runTouching(footprint, kernel, pairsOf(q), 1, describe(0, lse, q, k, { v, out, dout, dq, dk, dv }, options));
}
