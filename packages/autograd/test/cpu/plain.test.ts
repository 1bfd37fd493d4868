import { expect, it } from "vitest";
import { machine } from "../../src/devices/cpu/machine.ts";
import { compileKernels } from "../../src/devices/cpu/module.ts";
import { whyNotWidened } from "../../src/devices/cpu/widening.ts";

// The device makes its parts at first use, so this comes in time.
process.env.LECTERN_SIMD = "plain";

it("computes with the plain build where that is asked for", () => {
  expect(machine().simd).toBe("plain");
});

it("takes the fastest build that engine and processor can run", () => {
  expect(compileKernels("").simd).toBe(whyNotWidened() === undefined ? "widened" : "relaxed");
  expect(compileKernels("relaxed").simd).toBe("relaxed");
});

it("refuses a build that there is not", () => {
  expect(() => compileKernels("fast")).toThrow('LECTERN_SIMD is "fast": it has to be plain, relaxed, widened');
});
