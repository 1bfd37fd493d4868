// A thread of the cpu device's pool (pool.ts): an instance of the kernels on the shared memory, which takes parts of
// jobs until the process ends.

import { ARGUMENTS, CONTROL_BYTES, firstUnit, setFailure, takePart, WORD } from "./control.mjs";

/** Looks at the pending parts before going to sleep: some 100 microseconds. */
const SPINS = 10_000;

async function work({ module, memory, control, scratch, names, blas }) {
  const { exports } = new WebAssembly.Instance(module, { env: { memory } });
  exports.setScratch(scratch);
  const kernels = names.map((name) => exports[name]);
  if (blas !== undefined) {
    const { openLibrary } = await import("./library.mjs");
    kernels[names.indexOf("blasMatmul")] = openLibrary(blas, memory).matmul;
  }
  const words = new Int32Array(memory.buffer, control, CONTROL_BYTES / 4);
  const values = new Float64Array(memory.buffer, control, CONTROL_BYTES / 8);

  const runPart = (part) => {
    const units = words[WORD.units];
    const parts = words[WORD.parts];
    const given = Array.from(values.subarray(ARGUMENTS, ARGUMENTS + words[WORD.argumentCount]));
    try {
      kernels[words[WORD.kernel]](firstUnit(part, parts, units), firstUnit(part + 1, parts, units), ...given);
    } catch (error) {
      // The main thread waits for this part, and has to be told.
      setFailure(words, error);
    }
    Atomics.add(words, WORD.done, 1);
    if (Atomics.load(words, WORD.mainWaits) === 1) Atomics.notify(words, WORD.done);
  };

  Atomics.add(words, WORD.ready, 1);
  for (;;) {
    const jobs = Atomics.load(words, WORD.jobs);
    let part = takePart(words);
    for (let i = 0; part < 0 && i < SPINS; i++) part = takePart(words);
    if (part >= 0) runPart(part);
    else if (Atomics.load(words, WORD.jobs) === jobs) {
      Atomics.add(words, WORD.sleepers, 1);
      Atomics.wait(words, WORD.jobs, jobs);
      Atomics.sub(words, WORD.sleepers, 1);
    }
  }
}

const node = globalThis.process?.getBuiltinModule?.("node:worker_threads");
if (node) node.parentPort.once("message", work);
else globalThis.onmessage = (event) => work(event.data);
