/**
 * V8 can join two neighbouring vectors of a WebAssembly kernel to one of the processor's 256 bits. Every lane computes what
 * it did, so no number changes. It is behind a flag, which may be set while a program runs, before kernels are compiled.
 */

import { nodeModule } from "../../platform.ts";
import type { Helpers, Kernels } from "./generated/interface.mjs";

interface Host {
  readonly process?: { readonly arch: string; readonly versions: Readonly<Record<string, string | undefined>> };
}

/** The first Node whose V8 widens in these kernels. */
const NODE = 24;

/** Why vectors are not widened here; undefined where they can be. Sets V8's flag then. */
export function whyNotWidened(): string | undefined {
  const host = (globalThis as Host).process;
  const v8 = nodeModule<typeof import("node:v8")>("node:v8");
  if (host === undefined || v8 === undefined || host.versions.bun || host.versions.deno) {
    return "only Node's engine can be told to widen vectors";
  }
  const { node } = host.versions;
  if (!(Number.parseInt(node ?? "", 10) >= NODE)) return `Node ${node} does not widen vectors, ${NODE} and newer do`;
  if (host.arch !== "x64") return `a processor of the kind ${host.arch} has no vectors of 256 bits that V8 knows`;
  if (!hasWideVectors()) return "the processor has no vectors of 256 bits (AVX2), or does not say so";
  v8.setFlagsFromString("--experimental-wasm-revectorize");
  return undefined;
}

/** Linux says what the processor can; every Mac with an x64 processor that Node runs on has AVX2; Windows does not say. */
function hasWideVectors(): boolean {
  const os = nodeModule<typeof import("node:os")>("node:os");
  return os?.platform() === "darwin" || ["avx2", "fma"].every((flag) => processorFlags().includes(flag));
}

/** Whether a library in machine code has vectors of 512 bits here, twice as wide as widened kernels. */
export function hasLongVectors(): boolean {
  return processorFlags().includes("avx512f");
}

let flags: readonly string[] | undefined;

/** What Linux says that the processor knows; nothing elsewhere. */
function processorFlags(): readonly string[] {
  if (flags !== undefined) return flags;
  try {
    const text = nodeModule<typeof import("node:fs")>("node:fs")?.readFileSync("/proc/cpuinfo", "latin1") ?? "";
    flags = /^flags\s*:(.*)$/m.exec(text)?.[1].trim().split(" ") ?? [];
  } catch {
    flags = [];
  }
  return flags;
}

/** Where the proof's product lies, behind the kernels' own memory, in bytes; each operand has room for SIDE x SIDE. */
const START = 2 ** 20;
const [ROWS, COLUMNS, DEPTH] = [13, 37, 29];
const SIDE = 64;
/** V8's own value of what a function does before it is compiled with optimisation. */
const BUDGET = 13_000_000;

/**
 * Compiles the kernels, and multiplies once V8 has optimised, and so widened, the product: of small whole numbers every sum
 * is exact. Takes some milliseconds, which the product's first use would take otherwise. Undefined where a sum is wrong.
 */
export function compileProven(
  compile: () => WebAssembly.Module,
  instantiate: Instantiate,
): WebAssembly.Module | undefined {
  const v8 = nodeModule<typeof import("node:v8")>("node:v8")!;
  // Optimise at once, and not beside the program, what the proof calls.
  v8.setFlagsFromString("--wasm-sync-tier-up");
  v8.setFlagsFromString("--wasm-tiering-budget=1");
  try {
    const module = compile();
    v8.setFlagsFromString(`--wasm-tiering-budget=${BUDGET}`);
    return productIsRight(instantiate, module) ? module : undefined;
  } finally {
    v8.setFlagsFromString(`--wasm-tiering-budget=${BUDGET}`);
    v8.setFlagsFromString("--no-wasm-sync-tier-up");
  }
}

type Instantiate = (module: WebAssembly.Module, memory: WebAssembly.Memory) => Kernels & Helpers;

function productIsRight(instantiate: Instantiate, module: WebAssembly.Module): boolean {
  const memory = new WebAssembly.Memory({ initial: 128, maximum: 128, shared: true });
  const kernels = instantiate(module, memory);
  const [a, b, c] = [0, 1, 2].map((i) => START + i * SIDE * SIDE * 4);
  kernels.setScratch(START + 3 * SIDE * SIDE * 4);
  const numbers = new Float32Array(memory.buffer);
  for (let i = 0; i < SIDE * SIDE; i++) {
    numbers[a / 4 + i] = (i * 7) % 11;
    numbers[b / 4 + i] = (i * 5) % 13;
  }
  for (const accumulate of [false, true]) {
    kernels.matmul(0, 1, ROWS, COLUMNS, DEPTH, 0, ROWS, COLUMNS, c, a, DEPTH * 4, 4, b, COLUMNS * 4, 4, accumulate);
  }
  for (let i = 0; i < ROWS; i++) {
    for (let j = 0; j < COLUMNS; j++) {
      let sum = 0;
      for (let k = 0; k < DEPTH; k++) sum += numbers[a / 4 + i * DEPTH + k] * numbers[b / 4 + k * COLUMNS + j];
      if (numbers[c / 4 + i * COLUMNS + j] !== 2 * sum) return false;
    }
  }
  return true;
}
