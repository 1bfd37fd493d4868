import { describe, expect, it } from "vitest";
import { entryOf, readInterface, typesOf, valuesOf } from "../../../../scripts/kernelInterface.mjs";
import * as made from "../../src/devices/cpu/generated/interface.mjs";
import { compileKernels } from "../../src/devices/cpu/module.ts";
import { TABLE } from "../../src/devices/cpu/table.mjs";

const index = 'export { clear } from "./rows";\n';
const rows = `
/** Not for the device. */
export function helper(x: v128): v128 { return x; }

const enum Way { up, down }

/** Units are rows. */
export function turn(
  begin: i32, end: i32, way: Way, strict: bool, out: usize,
): void {}

export function clear(out: usize): i32 { return 0; }

@unmanaged
export class Plan {
  size: i32;
  strict: bool;
  scale: f32;
  total: f64;
  first: usize;

  @inline twice(): i32 { return 2 * this.size; }
}
`;

describe("what is read from the kernels' sources", () => {
  it("finds kernels by their first arguments, without a list of them", () => {
    const found = readInterface({ "index.ts": index, "rows.ts": rows });
    expect(found.kernels.map(({ name }) => name)).toEqual(["turn"]);
    expect(entryOf(found)).toBe('export * from "./index";\nexport { turn } from "./rows";\n');
    expect(valuesOf(found)).toContain('export const KERNELS = ["turn"];');
  });

  it("gives their arguments types, by which a wrong order is an error", () => {
    const types = typesOf(readInterface({ "index.ts": index, "rows.ts": rows }));
    expect(types).toContain("turn(begin: number, end: number, way: Way, strict: boolean, out: number): void;");
    expect(types).toContain("clear(out: number): number;");
    expect(types).not.toContain("helper");
    expect(types).toContain('export type Way = number & { readonly code: "Way" };');
  });

  it("gives ops the numbers that the kernels know them by, and fields the words where they lie", () => {
    const values = valuesOf(readInterface({ "index.ts": index, "rows.ts": rows }));
    expect(values).toContain("export const Way = { up: 0, down: 1 };");
    expect(values).toContain("export const Plan = { size: 0, strict: 1, scale: 2, total: 4, first: 6, words: 7 };");
  });

  it.each([
    ["two kernels of one name", { "again.ts": rows }, "two kernels are called turn"],
    ["an enum with numbers of its own", { "odd.ts": "const enum Odd { one = 1 }" }, "an enum with values of its own"],
    ["an export that is nowhere", { "index.ts": 'export { gone } from "./rows";' }, "index.ts exports gone"],
    ["a field of unknown size", { "odd.ts": "@unmanaged\nclass Odd {\n  x: v128;\n}" }, "Odd.x: no size is known"],
  ])("refuses %s", (_, files, message) => {
    expect(() => readInterface({ "index.ts": index, "rows.ts": rows, ...files })).toThrow(message);
  });
});

it("is what the compiled module has", () => {
  const exported = WebAssembly.Module.exports(compileKernels().module).map(({ name }) => name);
  expect(exported).toEqual(expect.arrayContaining([...made.KERNELS]));
  expect(new Set(TABLE).size).toBe(TABLE.length);
});
