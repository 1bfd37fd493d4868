/** The kernels' WebAssembly module: which of its three builds this host can run. */

import { bytes as widenedBytes } from "#widened";
import { bytesOf, withDifferences } from "./differences.ts";
import { environment } from "./environment.ts";
import type { Helpers, Kernels } from "./generated/interface.mjs";
import { bytes as plainDifferences } from "./generated/plain.ts";
import { bytes as relaxedBytes } from "./generated/relaxed.ts";
import { compileProven, whyNotWidened } from "./widening.ts";

/**
 * `plain` multiplies and then adds; `relaxed` has a fused multiply-add; `widened` has it too, with the same bits, and loops
 * whose vectors the engine joins to 256 bits.
 */
const SIMD = ["plain", "relaxed", "widened"] as const;
export type Simd = (typeof SIMD)[number];

/** The widened build, proven; or why this host does not get it. */
function widened(): WebAssembly.Module | string {
  const reason = whyNotWidened();
  if (reason !== undefined) return reason;
  const module = compileProven(() => new WebAssembly.Module(bytesOf(widenedBytes)), instantiate);
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
  const relaxed = bytesOf(relaxedBytes);
  // Node knows relaxed SIMD from version 22 on.
  if (wanted !== "plain" && WebAssembly.validate(relaxed)) {
    return { module: new WebAssembly.Module(relaxed), simd: "relaxed", simdReason };
  }
  if (wanted === "relaxed") {
    throw new Error("LECTERN_SIMD is relaxed, but this JavaScript engine has no relaxed SIMD: leave it unset");
  }
  const plain = withDifferences(relaxed, bytesOf(plainDifferences));
  return { module: new WebAssembly.Module(plain), simd: "plain", simdReason };
}

export function instantiate(module: WebAssembly.Module, memory: WebAssembly.Memory): Kernels & Helpers {
  return new WebAssembly.Instance(module, { env: { memory } }).exports as unknown as Kernels & Helpers;
}
