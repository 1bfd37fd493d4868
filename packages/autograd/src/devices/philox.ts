import type { RandomKey } from "../device.ts";

/**
 * Philox4x32-10, the counter-based generator of Salmon et al., "Parallel random numbers: as easy as 1, 2, 3" (2011).
 * It has no state: the words of block c are a function of c and the key, so that every device can compute
 * any element on its own and all of them agree to the bit.
 */

const ROUNDS = 10;
const MULTIPLIER_0 = 0xd2511f53;
const MULTIPLIER_1 = 0xcd9e8d57;
// The key is moved on by these after every round: the golden ratio and sqrt(3) - 1, as fractions of 2^32.
const WEYL_0 = 0x9e3779b9;
const WEYL_1 = 0xbb67ae85;

/** Upper 32 bits of the 64-bit product of two unsigned words, by long multiplication in 16-bit digits. */
function multiplyHigh(a: number, b: number): number {
  const a0 = a & 0xffff;
  const a1 = a >>> 16;
  const b0 = b & 0xffff;
  const b1 = b >>> 16;
  const cross = a1 * b0 + ((a0 * b0) >>> 16);
  const carry = a0 * b1 + (cross & 0xffff);
  return (a1 * b1 + (cross >>> 16) + (carry >>> 16)) >>> 0;
}

/** Writes the four words of one block to `out`. `counter`: four unsigned 32-bit words. */
export function philox4x32(counter: ArrayLike<number>, key: RandomKey, out: Uint32Array): void {
  let [c0, c1, c2, c3] = [counter[0] >>> 0, counter[1] >>> 0, counter[2] >>> 0, counter[3] >>> 0];
  let [k0, k1] = [key[0] >>> 0, key[1] >>> 0];
  for (let round = 0; round < ROUNDS; round++) {
    const high0 = multiplyHigh(MULTIPLIER_0, c0);
    const low0 = Math.imul(MULTIPLIER_0, c0);
    const high1 = multiplyHigh(MULTIPLIER_1, c2);
    const low1 = Math.imul(MULTIPLIER_1, c2);
    c0 = (high1 ^ c1 ^ k0) >>> 0;
    c1 = low1 >>> 0;
    c2 = (high0 ^ c3 ^ k1) >>> 0;
    c3 = low0 >>> 0;
    k0 = (k0 + WEYL_0) >>> 0;
    k1 = (k1 + WEYL_1) >>> 0;
  }
  out[0] = c0;
  out[1] = c1;
  out[2] = c2;
  out[3] = c3;
}

/** The first `length` numbers of a key's stream, in [0, 1): each the upper 24 bits of a word, exact in float32. */
export function uniforms(key: RandomKey, length: number): Float64Array {
  const values = new Float64Array(length);
  const counter = new Uint32Array(4);
  const words = new Uint32Array(4);
  for (let i = 0; i < length; i += 4) {
    counter[0] = i / 4;
    philox4x32(counter, key, words);
    for (let word = 0; word < 4 && i + word < length; word++) values[i + word] = (words[word] >>> 8) * 2 ** -24;
  }
  return values;
}
