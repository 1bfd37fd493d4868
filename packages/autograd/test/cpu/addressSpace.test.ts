import { spawnSync } from "node:child_process";
import { cpSync, mkdtempSync, rmSync } from "node:fs";
import { platform, tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { roomIn } from "../../src/devices/cpu/addressSpace.ts";
import { createMemory } from "../../src/devices/cpu/memory.ts";

const LIMITS = `Limit                     Soft Limit           Hard Limit           Units
Max cpu time              unlimited            unlimited            seconds
Max address space         8192000000           8192000000           bytes
`;
const STATUS = "VmPeak:\t  900000 kB\nVmSize:\t 1000000 kB\nVmRSS:\t   50000 kB\n";

describe("the addresses that are left", () => {
  it("are those of the limit that are not taken", () => {
    expect(roomIn(LIMITS, STATUS)).toBe(8_192_000_000 - 1_024_000_000);
    expect(roomIn(LIMITS, STATUS.replace("1000000", "9000000"))).toBe(0);
  });

  it("are not known where nothing is limited", () => {
    expect(roomIn(LIMITS.replaceAll("8192000000", "unlimited "), STATUS)).toBeUndefined();
    expect(roomIn("", "")).toBeUndefined();
  });

  it("are not all taken by the device's memory", () => {
    expect(createMemory(undefined).limit).toBe(2 ** 32);
    expect(createMemory(5 * 2 ** 30).limit).toBe(2 ** 31);
  });

  it("are told, with what to do, where there are too few", () => {
    vi.stubGlobal("WebAssembly", {
      Memory: class {
        constructor() {
          throw new RangeError("WebAssembly.Memory(): could not allocate memory");
        }
      },
    });
    try {
      expect(() => createMemory(3 * 2 ** 30)).toThrow(
        "cpu: the system gives no memory to WebAssembly (it has a limit, `ulimit -v`, that leaves 3.0 GiB of addresses, " +
          "and V8 wants 10 GiB: lift it with `ulimit -v unlimited`",
      );
      expect(() => createMemory(undefined)).toThrow("gives no memory to WebAssembly (end other programs");
    } finally {
      vi.unstubAllGlobals();
    }
  });
});

/** Computes with as many threads as there are, and says what came out. */
const PROGRAM = `
import { cpuInfo, ones, setThreads } from ${JSON.stringify(fileURLToPath(new URL("../../src/index.ts", import.meta.url)))};
try {
  setThreads(2);
  const x = ones([600, 600], { device: "cpu" });
  for (let i = 0; i < 20; i++) x.add(1).exp();
  console.log("sum", x.sum().itemSync(), cpuInfo().threadsReason ?? "");
} catch (error) {
  console.log(error.message);
}
process.exit();
`;

describe.runIf(platform() === "linux")("a real limit", () => {
  let folder: string;
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "lectern-"));
    // Beside the worker's script, which is no part of the bundle.
    cpSync(fileURLToPath(new URL("../../src/devices/cpu", import.meta.url)), folder, { recursive: true });
    await build({
      stdin: { contents: PROGRAM, resolveDir: folder },
      bundle: true,
      format: "esm",
      platform: "node",
      external: ["gpu.js", "koffi", "webgpu"],
      logLevel: "silent",
      outfile: join(folder, "program.mjs"),
    });
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it.each([3, 5, 7, 9])("of %d GiB is an error that says what to do, or none", (gib) => {
    const command = `ulimit -v ${gib * 2 ** 20} && exec "$0" "$1"`;
    const { stdout, stderr } = spawnSync("sh", ["-c", command, process.execPath, join(folder, "program.mjs")], {
      encoding: "utf8",
    });
    expect(stderr).toBe("");
    expect(stdout).toMatch(
      /^sum 360000|^(ones \[600, 600\]: )?cpu: the system gives no memory to WebAssembly \(it has a limit, `ulimit -v`/,
    );
  });
});
