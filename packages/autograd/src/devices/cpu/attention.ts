import type { AttentionOptions, Strided } from "../../device.ts";
import { DESCRIPTIONS, machine, run } from "./machine.ts";
import { addressOf, BYTES } from "./operands.ts";

/** Queries of a unit: where there are many pairs of batch and head, each is one; else long contexts are shared out. */
const LONG = 256;
const SHORT = 64;
const MANY_PAIRS = 16;

/** What each kernel works on, in the order that `kernels/attention.ts` gives. */
type Operands = readonly Strided[];

/** Address, and steps in bytes along batch, heads and time. */
function placeOf(x: Strided): number[] {
  return [addressOf(x), x.strides[0] * BYTES, x.strides[1] * BYTES, x.strides[2] * BYTES];
}

/** Writes down what the kernels have to know (`Problem` in kernels/attention.ts) and returns its address. */
function describe(block: number, lse: Strided, operands: Operands, options: AttentionOptions): number {
  const [q, k] = operands;
  const [, heads, queries, size] = q.shape;
  const { causal, scale, mask } = options;
  const masked = mask === undefined ? [0, 0, 0, 0, 0] : [...placeOf(mask), mask.strides[3] * BYTES];
  const { ints, floats } = machine().memory;
  const head = [heads, queries, k.shape[2], size, Number(causal), 0, block, addressOf(lse), ...masked];
  ints.set([...head, ...operands.flatMap(placeOf)], DESCRIPTIONS / BYTES);
  floats[DESCRIPTIONS / BYTES + 5] = scale;
  return DESCRIPTIONS;
}

/** Floating-point operations that are worth a thread of their own: some 40 microseconds. */
const FLOPS_PER_PART = 1e6;

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
  run("attention", pairs * Math.ceil(queries / block), grain, describe(block, lse, [q, k, v, out], options));
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
  run("attentionGrad", pairsOf(q), 1, describe(0, lse, [q, k, v, out, dout, dq, dk, dv], options));
}
