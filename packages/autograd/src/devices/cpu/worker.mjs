// A thread of the cpu device's pool (pool.ts): an instance of the kernels on the shared memory, which works off the queue
// until the process ends.

import { CONTROL_BYTES, join, workUntil } from "./control.mjs";
import { TABLE } from "./table.mjs";

// Only Node has it. No literal, so that a bundler for browsers does not divide the worker for its sake (Vite 6 cannot).
const BLAS = "./library.mjs";

/** Kept, as the pool takes its end for this thread's. */
let held;

async function start({ module, memory, control, scratch, number, lifeline, blas }) {
  held = lifeline;
  const { exports } = new WebAssembly.Instance(module, { env: { memory } });
  exports.setScratch(scratch);
  const library = blas && (await import(/* @vite-ignore */ BLAS)).openLibrary(blas.name, memory, exports, blas.fault);
  const all = { ...exports, ...library?.kernels };
  const kernels = TABLE.map((name) => all[name]);
  const words = new Int32Array(memory.buffer, control, CONTROL_BYTES / 4);
  const values = new Float64Array(memory.buffer, control, CONTROL_BYTES / 8);
  join(words, number);
  workUntil(() => false, words, values, kernels, number);
  held?.close();
}

const node = globalThis.process?.getBuiltinModule?.("node:worker_threads");
if (node) node.parentPort.once("message", start);
else globalThis.onmessage = (event) => start(event.data);
