import childProcess, { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, utimesSync } from "node:fs";
import { platform, tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, afterEach, beforeEach, describe, expect, it, vi } from "vitest";

const SOURCE = fileURLToPath(new URL("./fixtures/fakeBlas.c", import.meta.url));
const hasCompiler = platform() !== "win32" && spawnSync("gcc", ["--version"]).status === 0;

const folder = mkdtempSync(join(tmpdir(), "lectern-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** A library that fails in one way, or in none. */
function library(way = "RIGHT"): string {
  const path = join(folder, `${way}.so`);
  const { status, stderr } = spawnSync("gcc", ["-shared", "-fPIC", "-O2", `-D${way}`, "-o", path, SOURCE, "-lm"]);
  if (status !== 0) throw new Error(String(stderr));
  return path;
}

beforeEach(() => {
  vi.stubEnv("LECTERN_CACHE", join(folder, "cache"));
  vi.stubEnv("LECTERN_THREADS", "2");
  // Where our own kernels are as wide as a library, small products do not go to it.
  vi.stubEnv("LECTERN_SIMD", "relaxed");
});
afterEach(() => {
  vi.unstubAllEnvs();
  vi.restoreAllMocks();
});

/** The package as a program finds it whose environment says this. */
async function withBlas(value: string) {
  vi.stubEnv("LECTERN_BLAS", value);
  vi.resetModules();
  const autograd = await import("../../src/index.ts");
  autograd.setDefaultDevice("cpu");
  return autograd;
}

/** Side by side, a product by this library and by our own kernels; their largest difference. */
function difference({ randn, setBlas }: Awaited<ReturnType<typeof withBlas>>, m: number, n: number, k: number): number {
  const [a, b] = [randn([m, k]), randn([k, n])];
  const product = Float32Array.from(a.matmul(b).dataSync());
  setBlas(false);
  const own = a.matmul(b).dataSync();
  setBlas(true);
  return product.reduce((largest, value, i) => Math.max(largest, Math.abs(value - own[i])), 0);
}

describe("LECTERN_BLAS", () => {
  it("says on, which is what it is without", async () => {
    const { blas, blasReason } = (await withBlas("on")).cpuInfo();
    expect(blasReason ?? "").not.toContain("switched off");
    expect({ blas, blasReason }).toEqual(
      await withBlas("").then(({ cpuInfo }) => {
        const info = cpuInfo();
        return { blas: info.blas, blasReason: info.blasReason };
      }),
    );
  });

  it("says off", async () => {
    expect((await withBlas("off")).cpuInfo()).toMatchObject({ blas: undefined, blasReason: "switched off" });
  });

  it.each(["yes", "1", "openblas", "On"])("says nothing else: %s", async (value) => {
    const { cpuInfo, ones } = await withBlas(value);
    const message = `LECTERN_BLAS is "${value}": it has to be on, off, or a library's file such as`;
    expect(() => ones([200, 200]).matmul(ones([200, 200]))).toThrow(message);
    expect(() => cpuInfo()).toThrow(message);
  });
});

describe.runIf(hasCompiler)("a BLAS library", () => {
  it("that is right is used, what it is called or not", async () => {
    for (const way of ["RIGHT", "WITHOUT_CONFIG"]) {
      const path = library(way);
      const autograd = await withBlas(path);
      expect(difference(autograd, 150, 140, 160)).toBeLessThan(1e-4);
      expect(autograd.cpuInfo().blas).toBe(way === "RIGHT" ? "a fake" : path);
    }
  });

  it.each([
    ["WRONG", "its product of [3, 4] and [4, 5] is wrong"],
    ["NOT_A_NUMBER", "its product of [3, 4] and [4, 5] is wrong"],
    ["WRONG_ABOVE_1000", "its product of [64, 64] and [64, 64] is wrong"],
    ["WITHOUT_PRODUCT", "cblas_sgemm"],
    ["CRASHES", "it crashed (SIGABRT)"],
    ["CRASHES_AT_ONCE", "it crashed (SIGABRT)"],
  ])("that fails is not used, and told: %s", async (way, reason) => {
    const warn = vi.spyOn(console, "warn").mockImplementation(() => {});
    const path = library(way);
    const autograd = await withBlas(path);
    expect(difference(autograd, 150, 140, 160)).toBe(0);
    const { blas, blasReason } = autograd.cpuInfo();
    expect(blas).toBeUndefined();
    expect(blasReason).toContain(reason);
    expect(warn).toHaveBeenCalledTimes(1);
    expect(warn).toHaveBeenCalledWith(expect.stringContaining(`products are computed without BLAS: ${path}`));
  });

  it("that hangs is waited for only so long", async () => {
    const { prove } = await import("../../src/devices/cpu/blasProof.ts");
    expect(prove(library("SLEEPS"), 3000)).toEqual({ fault: "it did not answer within 3 s" });
  });

  it("that was right is not tried again, until it is another", async () => {
    const { prove } = await import("../../src/devices/cpu/blasProof.ts");
    const spawn = vi.spyOn(childProcess, "spawnSync");
    const path = library("FOUND_RIGHT");
    expect([prove(path), prove(path)]).toEqual([{}, {}]);
    expect(spawn).toHaveBeenCalledTimes(1);
    utimesSync(path, new Date(), new Date(Date.now() + 60_000));
    expect(prove(path)).toEqual({});
    expect(spawn).toHaveBeenCalledTimes(2);
  });

  it("that is wrong with larger sizes than were tried is found out at the first of them, which is computed right", async () => {
    const warn = vi.spyOn(console, "warn").mockImplementation(() => {});
    const autograd = await withBlas(library("WRONG_ABOVE_500000"));
    autograd.setThreads(1);
    expect(difference(autograd, 150, 140, 160)).toBeLessThan(1e-4);
    expect(warn).not.toHaveBeenCalled();
    expect(difference(autograd, 1000, 600, 20)).toBeLessThan(1e-4);
    expect(autograd.cpuInfo()).toMatchObject({
      blas: undefined,
      blasReason: "its product of [1000, 20] and [20, 600] was wrong",
    });
    expect(warn).toHaveBeenCalledTimes(1);
    expect(warn).toHaveBeenCalledWith(
      expect.stringMatching(/^cpu: the system's BLAS \(a fake\) is switched off: its product/),
    );
  });

  it.each([1, 2])(
    "that becomes wrong in the middle is found out and switched off, with %d threads",
    async (threads) => {
      const warn = vi.spyOn(console, "warn").mockImplementation(() => {});
      const autograd = await withBlas(library(`WRONG_LATER`));
      autograd.setThreads(threads);
      const { scope, randn, cpuInfo } = autograd;
      const [a, b] = [randn([64, 100]), randn([100, 100])];
      for (let i = 0; i < 5000 && warn.mock.calls.length === 0; i++) scope(() => a.matmul(b).sum().itemSync());
      expect(warn).toHaveBeenCalledTimes(1);
      expect(warn).toHaveBeenCalledWith(expect.stringContaining("go on from an earlier checkpoint"));
      expect(cpuInfo().blas).toBeUndefined();
      expect(difference(autograd, 64, 100, 100)).toBe(0);
    },
  );
});
