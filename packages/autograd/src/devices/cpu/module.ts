/** The kernels' WebAssembly module: which of its two builds this host can run. */

import { environment } from "./environment.ts";
import type { Helpers, Kernels } from "./generated/interface.mjs";
import { bytes as plainBytes } from "./generated/plain.ts";
import { bytes as relaxedBytes } from "./generated/relaxed.ts";

/** `relaxed` has a fused multiply-add, `plain` multiplies and then adds. */
export type Simd = "plain" | "relaxed";

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

/**
 * Compiles the faster build that this host can run; the environment variable LECTERN_SIMD asks for one.
 * Errors: an unknown name in it, or `relaxed` where there is no relaxed SIMD.
 */
export function compileKernels(wanted = environment("LECTERN_SIMD")): { module: WebAssembly.Module; simd: Simd } {
  if (wanted !== undefined && wanted !== "" && wanted !== "plain" && wanted !== "relaxed") {
    throw new Error(`LECTERN_SIMD is "${wanted}": it has to be plain or relaxed, or unset for the faster one`);
  }
  const relaxed = wanted === "plain" ? undefined : relaxedIfSupported();
  if (relaxed === undefined && wanted === "relaxed") {
    throw new Error("LECTERN_SIMD is relaxed, but this JavaScript engine has no relaxed SIMD: leave it unset");
  }
  const module = new WebAssembly.Module(relaxed ?? decode(plainBytes));
  return { module, simd: relaxed ? "relaxed" : "plain" };
}

export function instantiate(module: WebAssembly.Module, memory: WebAssembly.Memory): Kernels & Helpers {
  return new WebAssembly.Instance(module, { env: { memory } }).exports as unknown as Kernels & Helpers;
}
