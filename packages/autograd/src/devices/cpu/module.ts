/** The kernels' WebAssembly module: which of its three builds this host can run. */

import { bytes as widenedBytes } from "#widened";
import { environment } from "./environment.ts";
import type { Helpers, Kernels } from "./generated/interface.mjs";
import { bytes as plainBytes } from "./generated/plain.ts";
import { bytes as relaxedBytes } from "./generated/relaxed.ts";
import { compileProven, whyNotWidened } from "./widening.ts";

/**
 * `plain` multiplies and then adds; `relaxed` has a fused multiply-add; `widened` has it too, with the same bits, and loops
 * whose vectors the engine joins to 256 bits.
 */
const SIMD = ["plain", "relaxed", "widened"] as const;
export type Simd = (typeof SIMD)[number];

function decode(base64: string): Uint8Array<ArrayBuffer> {
  const text = atob(base64);
  const bytes = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i++) bytes[i] = text.charCodeAt(i);
  return bytes;
}

/** The relaxed build's bytes, or undefined where this host does not know relaxed SIMD: Node does from version 22 on. */
function relaxedIfSupported(): Uint8Array<ArrayBuffer> | undefined {
  const bytes = decode(relaxedBytes);
  return WebAssembly.validate(bytes) ? bytes : undefined;
}

/** The widened build, proven; or why this host does not get it. */
function widened(): WebAssembly.Module | string {
  const reason = whyNotWidened();
  if (reason !== undefined) return reason;
  const module = compileProven(() => new WebAssembly.Module(decode(widenedBytes)), instantiate);
  return module ?? "this engine's widened product is wrong";
}

export interface Compiled {
  readonly module: WebAssembly.Module;
  readonly simd: Simd;
  /** Why it is not the widened build; undefined where it is. */
  readonly simdReason?: string;
}

/**
 * Compiles the fastest build that this host can run; the environment variable LECTERN_SIMD asks for one. Engine and processor
 * decide, never a stopwatch, so that a run goes on with the same bits. Errors: an unknown name in it, or a build that cannot
 * run here.
 */
export function compileKernels(wanted = environment("LECTERN_SIMD")): Compiled {
  if (wanted && !SIMD.includes(wanted as Simd)) {
    throw new Error(`LECTERN_SIMD is "${wanted}": it has to be ${SIMD.join(", ")}, or unset for the fastest`);
  }
  let simdReason = `LECTERN_SIMD is ${wanted}`;
  if (!wanted || wanted === "widened") {
    const module = widened();
    if (typeof module !== "string") return { module, simd: "widened" };
    if (wanted) throw new Error(`LECTERN_SIMD is widened, but ${module}: leave it unset`);
    simdReason = module;
  }
  const relaxed = wanted === "plain" ? undefined : relaxedIfSupported();
  if (relaxed === undefined && wanted === "relaxed") {
    throw new Error("LECTERN_SIMD is relaxed, but this JavaScript engine has no relaxed SIMD: leave it unset");
  }
  const module = new WebAssembly.Module(relaxed ?? decode(plainBytes));
  return { module, simd: relaxed ? "relaxed" : "plain", simdReason };
}

export function instantiate(module: WebAssembly.Module, memory: WebAssembly.Memory): Kernels & Helpers {
  return new WebAssembly.Instance(module, { env: { memory } }).exports as unknown as Kernels & Helpers;
}
