import type { GpuJsFunction } from "./gpujs.ts";
import { helper } from "./kernel.ts";

/** Functions that several kernels call. */

declare function quotient(i: number, n: number): number;
declare function quotientEstimate(i: number, n: number): number;
declare function quotientCorrected(i: number, n: number, q: number): number;
declare function erfc(x: number): number;
declare function turns(x: number): number;
declare function reduced(x: number): number;
declare function sineNear(x: number): number;
declare function power(x: number, a: number): number;
declare function isNan(x: number): number;

/** Up to here `quotient` is exact on every device: a GPU's float division may be off by 2.5 units in the last place. */
export const MAX_QUOTIENT = 2 ** 21;

/**
 * `quotient(i, n)` is `floor(i / n)` for whole numbers i >= 0 and n > 0: the float quotient, put right in whole-number
 * arithmetic. `remainder(i, n)` is what it leaves.
 */
export const QUOTIENT = [
  helper(["int", "int"], "int", {
    quotientEstimate(i: number, n: number) {
      return Math.floor(i / n);
    },
  }),
  helper(["int", "int", "int"], "int", {
    quotientCorrected(i: number, n: number, q: number) {
      if (i - q * n < 0) return q - 1;
      if (i - q * n >= n) return q + 1;
      return q;
    },
  }),
  helper(["int", "int"], "int", {
    quotient(i: number, n: number) {
      if (n === 1) return i;
      return quotientCorrected(i, n, quotientEstimate(i, n));
    },
  }),
  helper(["int", "int"], "int", {
    remainder(i: number, n: number) {
      return i - quotient(i, n) * n;
    },
  }),
];

/** 1 for NaN, else 0. */
export const IS_NAN = [
  helper(["float"], "float", {
    isNan(x: number) {
      if (x < 0 || x >= 0) return 0;
      return 1;
    },
  }),
];

/** x to the power of a as IEEE 754 has it, also for negative x and whole a, which GPUs' own `pow` leaves undefined. */
export const POWER = [
  ...IS_NAN,
  helper(["float", "float"], "float", {
    power(x: number, a: number) {
      if (a === 0 || x === 1) return 1;
      if (isNan(x) > 0 || isNan(a) > 0) return x + a;
      if (a === 1) return x;
      if (a === 2) return x * x;
      if (a === 3) return x * x * x;
      if (a === 0.5) return Math.sqrt(x);
      if (a === -1) return 1 / x;
      const size = Math.abs(x);
      // 1 for odd whole numbers, 0 for even ones.
      const odd = a - 2 * Math.floor(a / 2);
      // The largest float is 3.40282347e38.
      if (Math.abs(a) > 3.4028234663852886e38) {
        if (size === 1) return 1;
        if ((size > 1 && a > 0) || (size < 1 && a < 0)) return Math.abs(a);
        return 0;
      }
      if (size === 0) {
        if (odd === 1 && a > 0) return x;
        if (a > 0) return 0;
        if (odd === 1) return 1 / x;
        return 1 / size;
      }
      if (x > 0) return x ** a;
      if (a !== Math.floor(a) && size <= 3.4028234663852886e38) return Math.log(x);
      if (odd === 1) return -(size ** a);
      return size ** a;
    },
  }),
];

/** tanh without the overflow that some GPUs' own has for large x. */
export const TANGENT = [
  helper(["float"], "float", {
    hyperbolicTangent(x: number) {
      if (x > 15) return 1;
      if (x < -15) return -1;
      // Also for -0, which it would lose.
      if (Math.abs(x) < 0.0001) return x;
      return Math.tanh(x);
    },
  }),
];

/** The digits of 1 / (2 pi) behind the point, to the base of 4096. */
const TURN_DIGITS = [651, 3680, 3513, 913, 84, 2687, 157, 1524, 2004, 3383, 1795, 1752, 2646, 1615, 270];

/** Powers of 4096 up to the largest float. */
const PLACES = 11;

/**
 * x / (2 pi) less the nearest whole number, for x > 0 (Payne & Hanek, 1983): x is cut into digits to the base of 4096, and of
 * each only those digits of 1 / (2 pi) are taken whose products are no whole turns. `high` counts 4096ths of a turn, exactly.
 */
const TURNS: GpuJsFunction = {
  source: `function turns(x) {
    let rest = x;
    let digit = 0.0;
    let high = 0.0;
    let low = 0.0;
    ${Array.from({ length: PLACES }, (_, i) => {
      const place = PLACES - 1 - i;
      const [d1, d2, d3, d4] = TURN_DIGITS.slice(place, place + 4);
      return `
    digit = Math.floor(rest * ${4096 ** -place});
    rest = rest - digit * ${4096 ** place};
    high = high + digit * ${d1} + Math.floor(digit * ${d2} / 4096);
    high = high - 4096 * Math.floor(high / 4096);
    low = low + (digit * ${d2} / 4096 - Math.floor(digit * ${d2} / 4096));
    low = low + (digit * ${d3} / 16777216 + digit * ${d4} / 68719476736);`;
    }).join("")}
    low = low / 4096 + rest * 0.15915494309189535;
    return high / 4096 - Math.floor(high / 4096 + low + 0.5) + low;
  }`,
  settings: { argumentTypes: ["Float"], returnType: "Float" },
};

const REDUCED = [
  TURNS,
  helper(["float"], "float", {
    /** x less whole turns: from -pi to pi. */
    reduced(x: number) {
      const size = Math.abs(x);
      if (size <= Math.PI) return x;
      // Up to here the number of turns times the first parts of 2 pi is exact.
      if (size > 8192) {
        if (x < 0) return -6.283185307179586 * turns(size);
        return 6.283185307179586 * turns(size);
      }
      const n = Math.floor(x * 0.15915494309189535 + 0.5);
      // 2 pi in three parts, the first two with few digits.
      return x - n * 6.28125 - n * 0.0019350051879882812 - n * 0.000000301991598196;
    },
  }),
  helper(["float"], "float", {
    /** sin for x from -pi / 2 to pi / 2, and never beyond 1. */
    sineNear(x: number) {
      const s = x * x;
      const y =
        x *
        (1 +
          s *
            (-0.16666666666 +
              s * (0.00833333333 + s * (-0.000198412698 + s * (0.00000275573192 + s * -0.0000000250521084)))));
      return Math.max(-1, Math.min(1, y));
    },
  }),
];

/** sin to a few 1e-7 for whatever x; a GPU's own promises only 2^-11, and only between -pi and pi. */
export const SINE = [
  ...REDUCED,
  helper(["float"], "float", {
    sine(x: number) {
      const r = reduced(x);
      // Beyond a quarter turn it is that of what is left to half a turn; pi in two parts.
      if (r > 1.5707963) return sineNear(3.140625 - r + 0.0009676535897932);
      if (r < -1.5707963) return sineNear(-3.140625 - r - 0.0009676535897932);
      return sineNear(r);
    },
  }),
];

/** cos as well: that of r is the sine of what is left to a quarter turn. */
export const COSINE = [
  ...REDUCED,
  helper(["float"], "float", {
    cosine(x: number) {
      return sineNear(1.5703125 - Math.abs(reduced(x)) + 0.0004838267948966);
    },
  }),
];

/** Complementary error function with a relative error below 1.2e-7 (Press et al., "Numerical Recipes", 1992, 6.2). */
export const ERFC = [
  helper(["float"], "float", {
    erfc(x: number) {
      const z = Math.abs(x);
      const t = 1 / (1 + 0.5 * z);
      const p =
        0.37409196 +
        t *
          (0.09678418 +
            t *
              (-0.18628806 +
                t * (0.27886807 + t * (-1.13520398 + t * (1.48851587 + t * (-0.82215223 + t * 0.17087277))))));
      const y = t * Math.exp(-z * z - 1.26551223 + t * (1.00002368 + t * p));
      if (x < 0) return 2 - y;
      return y;
    },
  }),
  helper(["float"], "float", {
    normalCdf(x: number) {
      return 0.5 * erfc(-x * Math.SQRT1_2);
    },
  }),
];
