import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { createGpuDevice } from "../../src/devices/gpu/device.ts";
import { device } from "../../src/index.ts";
import { ops } from "./ops.ts";
import { DOUBLE, faultOf, type Program, SINGLE, textOf } from "./program.ts";

// Others, of another seed, where LECTERN_PROGRAMS names their file.
const file = process.env.LECTERN_PROGRAMS ?? new URL("../fixtures/programs.json", import.meta.url);
const { programs, seed } = JSON.parse(readFileSync(file, "utf8")) as { programs: Program[]; seed: number };
const gpu = await createGpuDevice({ backend: "webasm" });

describe.each([
  [device("reference"), DOUBLE],
  [device("cpu"), SINGLE],
  [gpu, SINGLE],
] as const)("random programs, on $name", (on, tolerance) => {
  it.each(programs.map((program, i) => [`${seed}.${i}: ${textOf(program).split("\n").at(-1)}`, program] as const))(
    "%s agrees with PyTorch",
    async (_, program) => expect(await faultOf(program, on, tolerance)).toBeUndefined(),
  );
});

describe("the programs", () => {
  it("use every op", () => {
    if (process.env.LECTERN_PROGRAMS !== undefined) return;
    const used = new Set(programs.flatMap(({ steps }) => steps.map(({ op }) => op)));
    expect(Object.keys(ops).filter((op) => !used.has(op))).toEqual([]);
  });
});
