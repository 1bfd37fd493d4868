import fc from "fast-check";
import { expect, it } from "vitest";
import { bytesByDigits, bytesOf, withDifferences } from "../../packages/autograd/src/devices/cpu/differences.ts";
import { differencesOf } from "../differences.mjs";

/** Arrays with much in common, and with nothing. */
const pieces = fc.array(fc.uint8Array({ maxLength: 20 }), { maxLength: 12 });
const together = (parts: Uint8Array[]) => Uint8Array.from(parts.flatMap((part) => [...part]));
const pairs = fc
  .tuple(pieces, fc.infiniteStream(fc.constantFrom("both", "first", "second")))
  .map(([parts, choices]) => {
    const chosen = parts.map((part) => ({ part, where: choices.next().value }));
    const of = (one: string) => together(chosen.filter(({ where }) => where !== one).map(({ part }) => part));
    return [of("second"), of("first")] as const;
  });

it("makes any array of bytes of any other", () => {
  fc.assert(
    fc.property(pairs, ([base, target]) => {
      expect(withDifferences(base, differencesOf(base, target))).toEqual(target);
    }),
  );
});

it("says little where little is otherwise", () => {
  const base = Uint8Array.from({ length: 1000 }, (_, i) => (i * 7919) >> 3);
  const target = Uint8Array.from([...base.subarray(0, 300), 1, 2, 3, ...base.subarray(310)]);
  const differences = differencesOf(base, target);
  expect(differences.length).toBeLessThan(15);
  expect(withDifferences(base, differences)).toEqual(target);
});

it.each([bytesOf, bytesByDigits])("reads bytes from hexadecimal digits", (read) => {
  const bytes = Uint8Array.from({ length: 256 }, (_, i) => i);
  expect(read(Buffer.from(bytes).toString("hex"))).toEqual(bytes);
});
