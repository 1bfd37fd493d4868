/**
 * Numbers as files hold them, to and from what tensors take: a table's line (packages/autograd/src/dtypes.ts) and a
 * conversion for each type. Bytes are little-endian, as those of the machines that JavaScript runs on are.
 */

import { NUMBER_TYPES, type NumberTypeName, type TypedArray } from "@lectern/autograd";

interface Conversion {
  /** From the bytes, which begin at a multiple of the type's size. Errors: a number that the tensor cannot hold. */
  decode(bytes: Uint8Array<ArrayBuffer>): TypedArray;
  /** Errors: a number that the type cannot hold. Floats are rounded to the nearest that it can, halves to the even one. */
  encode(values: TypedArray): ArrayBufferView;
}

/** For types that JavaScript has arrays of whose values tensors take as they are. */
const asArray = (array: typeof Float64Array | typeof Float32Array | typeof Int32Array): Conversion => ({
  decode: ({ buffer, byteOffset, byteLength }) => new array(buffer, byteOffset, byteLength / array.BYTES_PER_ELEMENT),
  encode: (values) => (values instanceof array ? values : array.from(values)),
});

/** Two words each, the lower one first. */
const int64: Conversion = {
  decode({ buffer, byteOffset, byteLength }) {
    const words = new Int32Array(buffer, byteOffset, byteLength / 4);
    const values = new Int32Array(words.length / 2);
    for (let i = 0; i < values.length; i++) {
      const low = words[2 * i];
      // The upper word of a number that fits repeats its sign.
      if (words[2 * i + 1] !== low >> 31) {
        throw new RangeError(`holds ${new BigInt64Array(buffer, byteOffset)[i]}, which does not fit into int32`);
      }
      values[i] = low;
    }
    return values;
  },
  encode(values) {
    const words = new Int32Array(2 * values.length);
    for (let i = 0; i < values.length; i++) {
      words[2 * i] = values[i];
      words[2 * i + 1] = values[i] >> 31;
    }
    return words;
  },
};

/** Whole numbers of a byte, up to `most`. */
function bytesUpTo(most: number, name: string): Conversion {
  const check = (values: TypedArray | Uint8Array) => {
    const wrong = values.find((value) => value < 0 || value > most);
    if (wrong !== undefined) throw new RangeError(`holds ${wrong}, and ${name} is from 0 to ${most}`);
  };
  return {
    decode(bytes) {
      check(bytes);
      return Int32Array.from(bytes);
    },
    encode(values) {
      check(values);
      return Uint8Array.from(values);
    },
  };
}

/** Floats of 16 bits: a sign, an exponent, and so many bits of fraction (IEEE 754). */
function smallFloat(fractionBits: number): Conversion {
  const exponentBits = 15 - fractionBits;
  const one = 2 ** fractionBits;
  /** The exponents of the smallest and the largest number that is not below 1.0 in its fraction. */
  const [least, most] = [2 - 2 ** (exponentBits - 1), 2 ** (exponentBits - 1) - 1];
  const infinity = (2 ** exponentBits - 1) * one;

  function numberOf(bits: number): number {
    const [exponent, fraction] = [(bits & 0x7fff) >> fractionBits, bits & (one - 1)];
    let size: number;
    if (exponent === 0) size = fraction * 2 ** (least - fractionBits);
    else if (exponent << fractionBits === infinity) size = fraction === 0 ? Number.POSITIVE_INFINITY : Number.NaN;
    else size = (one + fraction) * 2 ** (exponent - 1 + least - fractionBits);
    return bits >= 0x8000 ? -size : size;
  }

  const double = new Float64Array(1);
  const words = new Uint32Array(double.buffer);

  function bitsOf(value: number): number {
    double[0] = value;
    const sign = words[1] >>> 31 === 1 ? 0x8000 : 0;
    if (Number.isNaN(value)) return infinity + one / 2;
    const exponent = Math.max(((words[1] >>> 20) & 0x7ff) - 1023, least);
    if (exponent > most) return sign + infinity;
    // In units of its last bit. A fraction that is rounded up to 2.0 carries into the exponent, the largest one into infinity.
    return sign + (exponent - least) * one + roundToEven(Math.abs(value) * 2 ** (fractionBits - exponent));
  }

  let values: Float32Array | undefined;
  return {
    decode({ buffer, byteOffset, byteLength }) {
      values ??= Float32Array.from({ length: 2 ** 16 }, (_, bits) => numberOf(bits));
      const table = values;
      const all = new Uint16Array(buffer, byteOffset, byteLength / 2);
      const decoded = new Float32Array(all.length);
      for (let i = 0; i < all.length; i++) decoded[i] = table[all[i]];
      return decoded;
    },
    encode(numbers) {
      const all = new Uint16Array(numbers.length);
      for (let i = 0; i < all.length; i++) all[i] = bitsOf(numbers[i]);
      return all;
    },
  };
}

function roundToEven(x: number): number {
  const floor = Math.floor(x);
  const rest = x - floor;
  return rest > 0.5 || (rest === 0.5 && floor % 2 === 1) ? floor + 1 : floor;
}

const CONVERSIONS: Record<NumberTypeName, Conversion> = {
  float32: asArray(Float32Array),
  float64: asArray(Float64Array),
  int32: asArray(Int32Array),
  float16: smallFloat(10),
  bfloat16: smallFloat(7),
  int64,
  uint8: bytesUpTo(255, "uint8"),
  bool: bytesUpTo(1, "bool"),
};

/** A tensor's values from a file's bytes. Errors name the tensor: a number that it cannot hold. */
export function decodeNumbers(tensor: string, type: NumberTypeName, bytes: Uint8Array<ArrayBuffer>): TypedArray {
  // Numbers have to begin at a multiple of their size.
  const aligned = bytes.byteOffset % NUMBER_TYPES[type].bytes === 0 ? bytes : new Uint8Array(bytes);
  return naming(tensor, () => CONVERSIONS[type].decode(aligned));
}

/** A file's bytes from a tensor's values. Errors name the tensor: a number that the type cannot hold. */
export function encodeNumbers(tensor: string, type: NumberTypeName, values: TypedArray): Uint8Array {
  const { buffer, byteOffset, byteLength } = naming(tensor, () => CONVERSIONS[type].encode(values));
  return new Uint8Array(buffer, byteOffset, byteLength);
}

function naming<T>(tensor: string, convert: () => T): T {
  try {
    return convert();
  } catch (error) {
    throw new RangeError(`tensor "${tensor}" ${(error as Error).message}`);
  }
}
