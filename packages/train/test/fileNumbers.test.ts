import type { NumberTypeName } from "@lectern/autograd";
import { describe, expect, it } from "vitest";
import { decodeNumbers, encodeNumbers } from "../src/fileNumbers.ts";

/** Numbers of 16 bits as they lie in a file. */
const bits16 = (...bits: number[]) => new Uint8Array(Uint16Array.from(bits).buffer);
const encoded16 = (type: NumberTypeName, ...values: number[]) => {
  const bytes = encodeNumbers("w", type, Float64Array.from(values));
  return [...new Uint16Array(bytes.buffer, bytes.byteOffset, values.length)];
};
const bits64 = (...values: bigint[]) => new Uint8Array(BigInt64Array.from(values).buffer);

const NAMES = {
  float16: {
    "1": [0x3c00, 1],
    "-2": [0xc000, -2],
    "the number next to 1/3": [0x3555, 1365 / 4096],
    "the largest": [0x7bff, 65504],
    "the smallest normal number": [0x0400, 2 ** -14],
    "the largest subnormal number": [0x03ff, 1023 * 2 ** -24],
    "the smallest subnormal number": [0x0001, 2 ** -24],
    "a negative subnormal number": [0x8003, -3 * 2 ** -24],
    "0": [0x0000, 0],
    "-0": [0x8000, -0],
    infinity: [0x7c00, Number.POSITIVE_INFINITY],
    "-infinity": [0xfc00, Number.NEGATIVE_INFINITY],
    NaN: [0x7e00, Number.NaN],
  },
  bfloat16: {
    "1": [0x3f80, 1],
    "-2": [0xc000, -2],
    "the number next to pi": [0x4049, 3.140625],
    "the largest": [0x7f7f, 255 * 2 ** 120],
    "the smallest normal number": [0x0080, 2 ** -126],
    "the largest subnormal number": [0x007f, 127 * 2 ** -133],
    "the smallest subnormal number": [0x0001, 2 ** -133],
    "a negative subnormal number": [0x8003, -3 * 2 ** -133],
    "0": [0x0000, 0],
    "-0": [0x8000, -0],
    infinity: [0x7f80, Number.POSITIVE_INFINITY],
    "-infinity": [0xff80, Number.NEGATIVE_INFINITY],
    NaN: [0x7fc0, Number.NaN],
  },
} as const satisfies Partial<Record<NumberTypeName, Record<string, readonly [bits: number, value: number]>>>;

describe.each(["float16", "bfloat16"] as const)("%s", (type) => {
  it.each(Object.entries(NAMES[type]))("reads and writes %s", (_, [bits, value]) => {
    const [read] = decodeNumbers("w", type, bits16(bits));
    expect(read).toBe(value);
    expect(encoded16(type, value)).toEqual([bits]);
  });

  it("gives back the bits of every number that it reads", () => {
    const isNaN16 = (bits: number) => (bits & 0x7fff) > NAMES[type].infinity[0];
    const all = Array.from({ length: 2 ** 16 }, (_, bits) => bits).filter((bits) => !isNaN16(bits));
    expect(encoded16(type, ...decodeNumbers("w", type, bits16(...all)))).toEqual(all);
  });

  it("reads as NaN whatever stands behind an exponent of ones", () => {
    const { NaN: quiet, infinity } = NAMES[type];
    const bits = [infinity[0] + 1, quiet[0], 0x7fff, 0xffff];
    expect([...decodeNumbers("w", type, bits16(...bits))]).toEqual(bits.map(() => Number.NaN));
  });
});

describe("rounding to 16 bits", () => {
  it.each([
    ["a half down to the even fraction", 1 + 2 ** -11, 0x3c00],
    ["a half up to the even fraction", 1 + 3 * 2 ** -11, 0x3c02],
    ["a little more than a half up", 1 + 2 ** -11 + 2 ** -40, 0x3c01],
    ["into the next exponent", 2 - 2 ** -12, 0x4000],
    ["half of the smallest number to 0", 2 ** -25, 0x0000],
    ["one and a half of the smallest number to two", 1.5 * 2 ** -24, 0x0002],
    ["from below the normal numbers to the smallest of them", 1023.5 * 2 ** -24, 0x0400],
    ["what is nearer to the largest number to it", 65519.99, 0x7bff],
    ["what is not to infinity", 65520, 0x7c00],
    ["far below to -infinity", -1e300, 0xfc00],
    ["next to nothing to -0", -1e-300, 0x8000],
  ])("takes, in float16, %s", (_, value, bits) => {
    expect(encoded16("float16", value)).toEqual([bits]);
  });

  it.each([
    ["a half down to the even fraction", 1 + 2 ** -8, 0x3f80],
    ["a half up to the even fraction", 1 + 3 * 2 ** -8, 0x3f82],
    ["a little more than a half up", 1 + 2 ** -8 + 2 ** -40, 0x3f81],
    ["half of the smallest number to 0", 2 ** -134, 0x0000],
    ["the largest float32 to infinity", (2 - 2 ** -23) * 2 ** 127, 0x7f80],
  ])("takes, in bfloat16, %s", (_, value, bits) => {
    expect(encoded16("bfloat16", value)).toEqual([bits]);
  });
});

describe("whole numbers", () => {
  const edges = [0, 1, -1, 2 ** 31 - 1, -(2 ** 31)];

  it("come as int64 where they fit into int32, and go as int64", () => {
    const bytes = bits64(...edges.map(BigInt));
    expect([...decodeNumbers("w", "int64", bytes)]).toEqual(edges);
    expect(encodeNumbers("w", "int64", Int32Array.from(edges))).toEqual(bytes);
  });

  it.each([2n ** 31n, -(2n ** 31n) - 1n, 2n ** 32n, 2n ** 63n - 1n])("do not come as %d", (value) => {
    expect(() => decodeNumbers("tokens", "int64", bits64(5n, value))).toThrow(
      `tensor "tokens" holds ${value}, which does not fit into int32`,
    );
  });

  it("come and go as bytes from 0 to 255, and as truth values", () => {
    expect([...decodeNumbers("w", "uint8", Uint8Array.of(0, 128, 255))]).toEqual([0, 128, 255]);
    expect([...encodeNumbers("w", "uint8", Int32Array.of(0, 128, 255))]).toEqual([0, 128, 255]);
    expect([...decodeNumbers("w", "bool", Uint8Array.of(1, 0))]).toEqual([1, 0]);
    expect([...encodeNumbers("w", "bool", Int32Array.of(1, 0))]).toEqual([1, 0]);
    expect(() => encodeNumbers("w", "uint8", Int32Array.of(1, 256))).toThrow(
      '"w" holds 256, and uint8 is from 0 to 255',
    );
    expect(() => encodeNumbers("w", "uint8", Int32Array.of(-1))).toThrow('"w" holds -1, and uint8 is from 0 to 255');
    expect(() => decodeNumbers("w", "bool", Uint8Array.of(1, 2))).toThrow('"w" holds 2, and bool is from 0 to 1');
  });
});

it("reads numbers that do not begin at a multiple of their size", () => {
  const bytes = new Uint8Array(9);
  bytes.set(bits64(7n), 1);
  expect([...decodeNumbers("w", "int64", bytes.subarray(1))]).toEqual([7]);
});
