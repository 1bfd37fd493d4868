import type { RandomKey, Strided } from "../../../device.ts";
import { sizeOf } from "../../../shape.ts";
import type { GpuJsFunction, Thread } from "../gpujs.ts";
import { COSINE, QUOTIENT, SINE } from "../helpers.ts";
import { helper, kernel } from "../kernel.ts";
import type { Runtime } from "../runtime.ts";
import { boxOf, store } from "../store.ts";

declare function lowProduct(a: number, b: number): number;
declare function highProduct(a: number, b: number): number;
declare function carry(x: number): number;
declare function below(x: number): number;
declare function exclusiveOr(a: number, b: number): number;
declare function philox(block: number, word: number, k0h: number, k0l: number, k1h: number, k1l: number): number;
declare function quotient(i: number, n: number): number;
declare function remainder(i: number, n: number): number;
declare function sine(x: number): number;
declare function cosine(x: number): number;

/**
 * Philox4x32-10 (Salmon et al., 2011) where there are no 32-bit integers: gpu.js's numbers are floats, exact to 2^24.
 * Every word is two halves of 16 bits. The product of two halves has 32 bits, so one of them is taken in bytes.
 */
const ARITHMETIC: GpuJsFunction[] = [
  /** What x >= 0 has from bit 16 on, and what it has below. */
  helper(["float"], "float", {
    carry(x: number) {
      return Math.floor(x / 65536);
    },
  }),
  helper(["float"], "float", {
    below(x: number) {
      return x - 65536 * Math.floor(x / 65536);
    },
  }),
  /** The upper and the lower 16 bits of the product of two 16-bit numbers. */
  helper(["float", "float"], "float", {
    highProduct(a: number, b: number) {
      const upper = a * Math.floor(b / 256);
      const lower = a * (b - 256 * Math.floor(b / 256));
      const middle = Math.floor(upper / 256);
      return middle + carry(lower) + carry((upper - 256 * middle) * 256 + below(lower));
    },
  }),
  helper(["float", "float"], "float", {
    lowProduct(a: number, b: number) {
      const upper = a * Math.floor(b / 256);
      const lower = a * (b - 256 * Math.floor(b / 256));
      return below((upper - 256 * Math.floor(upper / 256)) * 256 + below(lower));
    },
  }),
  helper(["int", "int"], "float", {
    exclusiveOr(a: number, b: number) {
      return a ^ b;
    },
  }),
];

const PHILOX: GpuJsFunction[] = [
  ...QUOTIENT,
  ...ARITHMETIC,
  /** The upper 24 bits of one word of a block. The key's two words come in halves, high and low. */
  helper(["float", "float", "float", "float", "float", "float"], "float", {
    philox(block: number, word: number, k0h: number, k0l: number, k1h: number, k1l: number) {
      let c0h = carry(block);
      let c0l = below(block);
      let c1h = 0;
      let c1l = 0;
      let c2h = 0;
      let c2l = 0;
      let c3h = 0;
      let c3l = 0;
      let key0h = k0h;
      let key0l = k0l;
      let key1h = k1h;
      let key1l = k1l;
      for (let round = 0; round < 10; round++) {
        // c0 * 0xd2511f53, in four digits of 16 bits; the lowest is lowProduct(c0l, 0x1f53).
        const p1 = highProduct(c0l, 8019) + lowProduct(c0l, 53841) + lowProduct(c0h, 8019);
        const p2 = highProduct(c0l, 53841) + highProduct(c0h, 8019) + lowProduct(c0h, 53841) + carry(p1);
        const p3 = highProduct(c0h, 53841) + carry(p2);
        // c2 * 0xcd9e8d57
        const q1 = highProduct(c2l, 36183) + lowProduct(c2l, 52638) + lowProduct(c2h, 36183);
        const q2 = highProduct(c2l, 52638) + highProduct(c2h, 36183) + lowProduct(c2h, 52638) + carry(q1);
        const q3 = highProduct(c2h, 52638) + carry(q2);
        const p0 = lowProduct(c0l, 8019);
        const q0 = lowProduct(c2l, 36183);
        c0h = exclusiveOr(exclusiveOr(q3, c1h), key0h);
        c0l = exclusiveOr(exclusiveOr(below(q2), c1l), key0l);
        c2h = exclusiveOr(exclusiveOr(p3, c3h), key1h);
        c2l = exclusiveOr(exclusiveOr(below(p2), c3l), key1l);
        c1h = below(q1);
        c1l = q0;
        c3h = below(p1);
        c3l = p0;
        // The key moves on by 0x9e3779b9 and 0xbb67ae85.
        key0l = key0l + 31161;
        key0h = below(key0h + 40503 + carry(key0l));
        key0l = below(key0l);
        key1l = key1l + 44677;
        key1h = below(key1h + 47975 + carry(key1l));
        key1l = below(key1l);
      }
      if (word < 0.5) return c0h * 256 + Math.floor(c0l / 256);
      if (word < 1.5) return c1h * 256 + Math.floor(c1l / 256);
      if (word < 2.5) return c2h * 256 + Math.floor(c2l / 256);
      return c3h * 256 + Math.floor(c3l / 256);
    },
  }),
];

/** The key's words in halves. */
function halves(key: RandomKey): number[] {
  return key.flatMap((word) => [(word >>> 16) & 0xffff, word & 0xffff]);
}

const KEY_TYPES = ["float", "float", "float", "float"] as const;

const UNIFORM = kernel(
  [...KEY_TYPES],
  {
    uniform(this: Thread, k0h: number, k0l: number, k1h: number, k1l: number) {
      return philox(quotient(this.thread.x, 4), remainder(this.thread.x, 4), k0h, k0l, k1h, k1l) / 16777216;
    },
  },
  PHILOX,
);

const NORMAL = kernel(
  [...KEY_TYPES],
  {
    normal(this: Thread, k0h: number, k0l: number, k1h: number, k1l: number) {
      const block = quotient(this.thread.x, 4);
      const word = remainder(this.thread.x, 4);
      const pair = 2 * Math.floor(word / 2);
      const radius = Math.sqrt(-2 * Math.log(1 - philox(block, pair, k0h, k0l, k1h, k1l) / 16777216));
      const angle = 6.283185307179586 * (philox(block, pair + 1, k0h, k0l, k1h, k1l) / 16777216);
      if (word - pair > 0.5) return radius * sine(angle);
      return radius * cosine(angle);
    },
  },
  [...PHILOX, ...new Set([...SINE, ...COSINE])],
);

const DROPOUT = kernel(
  ["array", "int", "float", "float", ...KEY_TYPES],
  {
    dropout(
      this: Thread,
      x: number[],
      at: number,
      dropped: number,
      scale: number,
      k0h: number,
      k0l: number,
      k1h: number,
      k1l: number,
    ) {
      if (philox(quotient(this.thread.x, 4), remainder(this.thread.x, 4), k0h, k0l, k1h, k1l) < dropped) return 0;
      return x[at + this.thread.x] * scale;
    },
  },
  PHILOX,
);

/** The number of a block of four is a float on its way, and those are whole up to 2^24. */
const MAX_NUMBERS = 4 * 2 ** 24;

/** So many random numbers. Errors: more than can be told apart. */
function countOf(op: string, out: Strided): number {
  const size = sizeOf(out.shape);
  if (size > MAX_NUMBERS) {
    throw new RangeError(`${op}: ${size} random numbers are more than the gpu device has at once (${MAX_NUMBERS})`);
  }
  return size;
}

export function uniform(runtime: Runtime, out: Strided, key: RandomKey): void {
  const size = countOf("uniform", out);
  if (size > 0) store(runtime, out, runtime.launch(UNIFORM, size, halves(key)));
}

export function normal(runtime: Runtime, out: Strided, key: RandomKey): void {
  const size = countOf("normal", out);
  if (size > 0) store(runtime, out, runtime.launch(NORMAL, size, halves(key)));
}

export function dropout(runtime: Runtime, out: Strided, x: Strided, p: number, key: RandomKey): void {
  const size = countOf("dropout", out);
  if (size === 0) return;
  // Compared in whole 2^-24ths, as p itself need not be a float.
  const args = [boxOf(x), x.offset, Math.ceil(p * 2 ** 24), 1 / (1 - p), ...halves(key)];
  store(runtime, out, runtime.launch(DROPOUT, size, args));
}
