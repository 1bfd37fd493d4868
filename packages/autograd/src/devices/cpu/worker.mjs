// A thread of the cpu device's pool (pool.ts): an instance of the kernels on the shared memory, which takes parts of
// jobs until the process ends. Plain JavaScript, so that it starts without a compiler.

// Words of the control block, as in pool.ts.
const PENDING = 0;
const DONE = 16;
const JOBS = 32;
const SLEEPERS = 33;
const READY = 34;
const MAIN_WAITS = 35;
const KERNEL = 48;
const UNITS = 49;
const PARTS = 50;
const ARGUMENT_COUNT = 51;
const ARGUMENTS = 32;

/** Looks at the pending parts before going to sleep: some 100 microseconds. */
const SPINS = 4000;

/** First unit of a part; on a multiple of 16 where parts are long, so that no two write to one cache line. */
function firstUnit(part, parts, units) {
  const unit = Math.floor((units * part) / parts);
  return part < parts && units >= 256 * parts ? unit - (unit % 16) : unit;
}

function work({ module, memory, control, scratch, names }) {
  const { exports } = new WebAssembly.Instance(module, { env: { memory } });
  exports.setScratch(scratch);
  const kernels = names.map((name) => exports[name]);
  const words = new Int32Array(memory.buffer, control, 64);
  const values = new Float64Array(memory.buffer, control, 64);

  const takePart = () => {
    let pending = Atomics.load(words, PENDING);
    while (pending > 0) {
      const found = Atomics.compareExchange(words, PENDING, pending, pending - 1);
      if (found === pending) return words[PARTS] - pending;
      pending = found;
    }
    return -1;
  };

  const runPart = (part) => {
    const [units, parts] = [words[UNITS], words[PARTS]];
    const given = Array.from(values.subarray(ARGUMENTS, ARGUMENTS + words[ARGUMENT_COUNT]));
    kernels[words[KERNEL]](firstUnit(part, parts, units), firstUnit(part + 1, parts, units), ...given);
    Atomics.add(words, DONE, 1);
    if (Atomics.load(words, MAIN_WAITS) === 1) Atomics.notify(words, DONE);
  };

  Atomics.add(words, READY, 1);
  for (;;) {
    const jobs = Atomics.load(words, JOBS);
    let part = takePart();
    for (let i = 0; part < 0 && i < SPINS; i++) part = takePart();
    if (part >= 0) runPart(part);
    else if (Atomics.load(words, JOBS) === jobs) {
      Atomics.add(words, SLEEPERS, 1);
      Atomics.wait(words, JOBS, jobs);
      Atomics.sub(words, SLEEPERS, 1);
    }
  }
}

const node = globalThis.process?.getBuiltinModule?.("node:worker_threads");
if (node) node.parentPort.once("message", work);
else globalThis.onmessage = (event) => work(event.data);
