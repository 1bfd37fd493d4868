/**
 * The system's BLAS (OpenBLAS on Linux and Windows, Accelerate on macOS), where there is one and `koffi` is installed: two
 * to three times as fast at large matrix products as WebAssembly can be. Nothing depends on it. It is opened by the first
 * product large enough, so that nobody else waits for it: proven in a process of its own (blasProof.ts), and looked at now
 * and then as long as it is used (productCheck.mjs).
 */

import { nodeModule } from "../../platform.ts";
import { mayBeThere, prove } from "./blasProof.ts";
import { environment } from "./environment.ts";
import { allocateForHost } from "./jobs.ts";
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
  readonly library?: BlasLibrary;
  /** Why there is none. */
  readonly reason?: string;
  /** Where it is written down that a product was wrong. */
  readonly fault?: number;
}

let enabled: boolean | undefined;
let opened: Opened | undefined;

/** A library's file, as LECTERN_BLAS may name one: it has a path, or the end of a library's name. */
const isLibrary = (text: string) => /[\\/]|\.(so|dll|dylib)\b/.test(text);

/** What LECTERN_BLAS says. Errors: something else than it can say. */
function wanted(): "on" | "off" | { library: string } {
  const text = environment("LECTERN_BLAS") || "on";
  if (text === "on" || text === "off") return text;
  if (isLibrary(text)) return { library: text };
  throw new Error(
    `LECTERN_BLAS is "${text}": it has to be on, off, or a library's file such as /usr/lib/libopenblas.so.0; unset it for the system's`,
  );
}

function isEnabled(): boolean {
  enabled ??= wanted() !== "off";
  return enabled;
}

/** Whether large products go to the system's BLAS, where there is one. Off with LECTERN_BLAS=off. */
export function setBlas(on: boolean): void {
  enabled = on;
}

/** The library, opened and proven; undefined where there is none, it is switched off, or one of its products was wrong. */
export function blas(): BlasLibrary | undefined {
  if (!isEnabled()) return undefined;
  opened ??= open();
  if (opened.fault !== undefined) opened = withoutFault(opened, opened.fault);
  return opened.library;
}

/** Why there is no BLAS; undefined where there is one. */
export function whyNoBlas(): string | undefined {
  if (!isEnabled()) return "switched off";
  blas();
  return opened?.reason;
}

/** The same, or no library any more where one of its products was wrong. */
function withoutFault(now: Opened, fault: number): Opened {
  const { ints } = machine().memory;
  if (Atomics.load(ints, fault / 4) === 0) return now;
  const [m, n, k] = ints.subarray(fault / 4 + 1, fault / 4 + 4);
  const reason = `its product of [${m}, ${k}] and [${k}, ${n}] was wrong`;
  warn(
    `the system's BLAS (${now.library?.description}) is switched off: ${reason}. That one was computed once more; products ` +
      "since the last one that was looked at may be wrong too: go on from an earlier checkpoint",
  );
  return { reason };
}

function open(): Opened {
  const os = nodeModule<typeof import("node:os")>("node:os");
  if (os === undefined) return { reason: "there is none in a browser" };
  const asked = wanted();
  const isNamed = typeof asked === "object";
  const names = isNamed ? [asked.library] : (LIBRARIES[os.platform()] ?? []);
  let reason = `no library is known for ${os.platform()}`;
  for (const name of names) {
    if (!isNamed && !mayBeThere(name)) {
      reason = reasonOf(name, "it is not there", os.platform());
      continue;
    }
    const found = openProven(name);
    if (typeof found !== "string") return found;
    if (/Cannot find (module|package)/.test(found)) return { reason: "the optional package koffi is not installed" };
    reason = reasonOf(name, found, os.platform());
    if (isNamed || !isMissing(found)) warn(`products are computed without BLAS: ${reason}`);
  }
  return { reason };
}

const reasonOf = (name: string, fault: string, platform: string) =>
  `${name} does not work (${fault}): ${HOW_TO_GET[platform] ?? "set LECTERN_BLAS to a library's path"}`;

/** Whether a library is just not installed, which is no reason to warn. */
const isMissing = (fault: string) =>
  /cannot open shared object|no such file|not found|module could not be found/i.test(fault);

/** The library, or what is wrong with it. */
function openProven(name: string): Opened | string {
  const { fault: found } = prove(name);
  if (found !== undefined) return found;
  const { memory, kernels } = machine();
  const fault = allocateForHost(4 * 4);
  memory.ints.fill(0, fault / 4, fault / 4 + 4);
  try {
    const library = openLibrary(name, memory.memory, kernels, fault);
    useBlas(library, { name, fault });
    return { library, fault };
  } catch (error) {
    memory.release(fault);
    return (error instanceof Error ? error.message : String(error)).split("\n")[0];
  }
}

function warn(message: string): void {
  console.warn(`cpu: ${message}`);
}
