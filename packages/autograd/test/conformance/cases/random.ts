import type { RandomKey } from "../../../src/device.ts";
import { type Case, defineCase } from "../check.ts";
import { blank } from "../operands.ts";

/** Lengths around whole blocks of four, and one of many blocks. */
const LENGTHS = [0, 1, 2, 3, 4, 5, 7, 8, 1023, 4099];
const KEYS: readonly RandomKey[] = [
  [0, 0],
  [1, 2],
  [0xffffffff, 0xffffffff],
  [0xa4093822, 0x299f31d0],
];

export const randomCases: readonly Case[] = [
  defineCase("uniform", "the very same numbers for every key", async (check) => {
    for (const length of LENGTHS) {
      for (const key of KEYS) {
        for (const layout of ["plain", "offset"] as const) {
          await check.agree(
            { out: blank([length], "float32", layout) },
            (device, { out }) => device.uniform(out, key),
            0,
          );
        }
      }
    }
    await check.agree({ out: blank([5, 3, 7]) }, (device, { out }) => device.uniform(out, [3, 4]), 0);
  }),
  defineCase("normal", "the same numbers for every key, to rounding", async (check) => {
    for (const length of LENGTHS) {
      for (const key of KEYS) {
        await check.agree({ out: blank([length]) }, (device, { out }) => device.normal(out, key), 8);
      }
    }
  }),
  defineCase("dropout", "drops the same elements for every key, and scales the others", async (check) => {
    for (const length of LENGTHS) {
      for (const key of KEYS) {
        for (const p of [0, 0.1, 0.5, 0.9]) {
          const operands = { out: blank([length]), x: check.numbers.normal([length]) };
          await check.agree(operands, (device, { out, x }) => device.dropout(out, x, p, key), 4);
        }
      }
    }
  }),
];
