import { expect, inject, it } from "vitest";
import { machine } from "../../src/devices/cpu/machine.ts";
import { cpuInfo, rand, setDefaultDevice } from "../../src/index.ts";

setDefaultDevice("cpu");
const { threads, blas, simd } = inject("settings");

it("computes with as many threads as are set", async () => {
  expect(cpuInfo().threads).toBe(threads);
  const x = rand([512, 512]);
  while ((machine().pool?.ready ?? 0) < threads - 1) {
    x.exp();
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  expect(machine().pool?.threads).toBe(threads === 1 ? undefined : threads);
  expect(machine().pool?.failure).toBeUndefined();
});

it("multiplies with the system's BLAS only where that is not switched off", () => {
  const info = cpuInfo();
  if (!blas) expect(info).toMatchObject({ blas: undefined, blasReason: "switched off" });
  else expect(info.blas ?? info.blasReason).not.toBe("switched off");
});

it("runs the build of the kernels that is set", () => {
  expect(cpuInfo().simd).toBe(simd);
});
