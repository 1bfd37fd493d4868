/**
 * The system's BLAS (OpenBLAS on Linux and Windows, Accelerate on macOS), where there is one and `koffi` is installed: two
 * to three times as fast at large matrix products as WebAssembly can be. Nothing depends on it. It is opened by the first
 * product large enough, so that nobody else waits for it.
 */

import { nodeModule } from "../../platform.ts";
import { environment } from "./environment.ts";
import { DESCRIPTIONS, finishedMemory } from "./jobs.ts";
import { type BlasLibrary, openLibrary } from "./library.mjs";
import { machine, useBlas } from "./machine.ts";

const LIBRARIES: Record<string, readonly string[]> = {
  linux: ["libopenblas.so.0", "libopenblas.so"],
  darwin: ["/System/Library/Frameworks/Accelerate.framework/Accelerate"],
  win32: ["libopenblas.dll", "openblas.dll"],
};

const HOW_TO_GET: Record<string, string> = {
  linux: "install it, for example with `apt install libopenblas0`",
  win32: "put libopenblas.dll on the PATH",
};

interface Opened {
  readonly library: BlasLibrary | undefined;
  readonly reason: string | undefined;
}

let enabled: boolean | undefined;
let opened: Opened | undefined;

function isEnabled(): boolean {
  enabled ??= environment("LECTERN_BLAS") !== "off";
  return enabled;
}

/** Whether large products go to the system's BLAS, where there is one. Off with LECTERN_BLAS=off. */
export function setBlas(on: boolean): void {
  enabled = on;
}

/** The library, opened and verified; undefined where there is none or it is switched off. */
export function blas(): BlasLibrary | undefined {
  if (!isEnabled()) return undefined;
  opened ??= open();
  return opened.library;
}

/** Why there is no BLAS; undefined where there is one. */
export function whyNoBlas(): string | undefined {
  if (!isEnabled()) return "switched off";
  blas();
  return opened?.reason;
}

/** LECTERN_BLAS may also name a library. */
function candidates(platform: string): readonly string[] {
  const named = environment("LECTERN_BLAS");
  return named ? [named] : (LIBRARIES[platform] ?? []);
}

function open(): Opened {
  const os = nodeModule<typeof import("node:os")>("node:os");
  if (os === undefined) return { library: undefined, reason: "there is none in a browser" };
  const names = candidates(os.platform());
  let reason = `no library is known for ${os.platform()}`;
  for (const name of names) {
    try {
      const library = openLibrary(name, machine().memory.memory, machine().kernels);
      verify(library);
      useBlas(library, library.ownThreads ? undefined : name);
      return { library, reason: undefined };
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      if (/Cannot find (module|package)/.test(message)) {
        return { library: undefined, reason: "the optional package koffi is not installed" };
      }
      const hint = HOW_TO_GET[os.platform()] ?? "set LECTERN_BLAS to a library's path";
      reason = `${name} does not work (${message.split("\n")[0]}): ${hint}`;
    }
  }
  return { library: undefined, reason };
}

/** Errors: a small product with whole numbers, one operand transposed, comes out wrong. */
function verify(library: BlasLibrary): void {
  const memory = finishedMemory();
  const [m, n, k] = [3, 5, 4];
  const block = memory.allocate(4 * (m * k + k * n + m * n));
  const [a, b] = [block, block + 4 * m * k];
  const out = b + 4 * k * n;
  const aValue = (i: number, p: number) => i + 2 * p - 3;
  const bValue = (p: number, j: number) => 3 * p - j;
  for (let i = 0; i < m; i++) for (let p = 0; p < k; p++) memory.floats[a / 4 + i * k + p] = aValue(i, p);
  for (let p = 0; p < k; p++) for (let j = 0; j < n; j++) memory.floats[b / 4 + j * k + p] = bValue(p, j);
  memory.floats.fill(1, out / 4, out / 4 + m * n);
  memory.ints.fill(0, DESCRIPTIONS / 4, DESCRIPTIONS / 4 + 3);
  library.kernels.blasMatmul(0, 1, m, n, k, DESCRIPTIONS, m, n, out, a, 4 * k, 4, b, 4, 4 * k, true);
  let right = true;
  for (let i = 0; i < m; i++) {
    for (let j = 0; j < n; j++) {
      let sum = 1;
      for (let p = 0; p < k; p++) sum += aValue(i, p) * bValue(p, j);
      right &&= memory.floats[out / 4 + i * n + j] === sum;
    }
  }
  memory.release(block);
  if (!right) throw new Error("its product of two small matrices is wrong");
}
