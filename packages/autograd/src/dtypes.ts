/**
 * The types of numbers there are, in one table. Tensors hold `float32` and `int32`; the others are met in files, whose
 * reader turns them into the one of these two that `heldAs` says (packages/train/src/fileNumbers.ts).
 */

interface NumberType {
  /** Of one number. */
  readonly bytes: number;
  /** What such numbers lie in on the host. Where JavaScript has no array of the type, its bits as whole numbers. */
  readonly array: TypedArrayConstructor;
  readonly isFloat: boolean;
  /** The type of a tensor that is made of them; its own name where tensors hold it. */
  readonly heldAs: "float32" | "int32";
}

type TypedArrayConstructor =
  | typeof Float64Array
  | typeof Float32Array
  | typeof Int32Array
  | typeof BigInt64Array
  | typeof Uint16Array
  | typeof Uint8Array;

/** Every type of numbers: its bytes, the array that holds it, and the type of a tensor that is made of it. */
export const NUMBER_TYPES = {
  float32: { bytes: 4, array: Float32Array, isFloat: true, heldAs: "float32" },
  int32: { bytes: 4, array: Int32Array, isFloat: false, heldAs: "int32" },
  /** What `reference` computes in, under the name of float32. */
  float64: { bytes: 8, array: Float64Array, isFloat: true, heldAs: "float32" },
  /** IEEE 754's half precision: 5 bits of exponent, 10 of fraction. */
  float16: { bytes: 2, array: Uint16Array, isFloat: true, heldAs: "float32" },
  /** The upper half of a float32: 8 bits of exponent, 7 of fraction. */
  bfloat16: { bytes: 2, array: Uint16Array, isFloat: true, heldAs: "float32" },
  int64: { bytes: 8, array: BigInt64Array, isFloat: false, heldAs: "int32" },
  uint8: { bytes: 1, array: Uint8Array, isFloat: false, heldAs: "int32" },
  /** 1 or 0. */
  bool: { bytes: 1, array: Uint8Array, isFloat: false, heldAs: "int32" },
} as const satisfies Record<string, NumberType>;

/** The name of a type of numbers, in memory or in a file. */
export type NumberTypeName = keyof typeof NUMBER_TYPES;

/** What a tensor can hold. */
export type DType = (typeof NUMBER_TYPES)[NumberTypeName]["heldAs"];

/** What reading a tensor gives. The `reference` device holds floats in double precision. */
export type TypedArray = Float32Array | Float64Array | Int32Array;

/** What computed numbers are, unless said otherwise: the type that gradients are of. */
export const FLOAT: DType = "float32";
/** What tokens, labels, indices and the results of comparisons are. */
export const INTEGER: DType = "int32";

/** Whether a type has fractions, and so can have gradients. */
export function isFloat(dtype: DType): boolean {
  return NUMBER_TYPES[dtype].isFloat;
}

/** Bytes of one number of a type. */
export function bytesOf(dtype: DType): number {
  return NUMBER_TYPES[dtype].bytes;
}
