import { describe, expect, it } from "vitest";
import { whyNotWidened } from "../../../autograd/src/devices/cpu/widening.ts";
import { trainThroughKills, trainWhole } from "./kills.ts";

const builds = ["plain", "relaxed", ...(whyNotWidened() === undefined ? ["widened"] : [])];

describe("one seed gives the same bits", () => {
  const title = "with the %s kernels, in every process, after a kill, and with one thread or two";
  it.each(builds)(title, { timeout: 180_000 }, async (simd) => {
    const training = { model: "wide", device: "cpu", steps: 7 } as const;
    const env = { LECTERN_SIMD: simd, LECTERN_BLAS: "off" };
    const two = await trainWhole({ ...training, env: { ...env, LECTERN_THREADS: "2" } });
    expect(await trainWhole({ ...training, env: { ...env, LECTERN_THREADS: "1" } })).toEqual(two);
    await trainThroughKills({ ...training, env: { ...env, LECTERN_THREADS: "2" } }, 1, simd);
  });
});
