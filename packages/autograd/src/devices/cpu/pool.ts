/**
 * Threads: workers that share the memory and the compiled kernels with the main thread, which works too. A job (a kernel
 * over units 0 … n - 1) is cut into parts, and whoever is free takes the next; a unit's result is the same whoever
 * computes it and wherever the cuts lie, so no result depends on timing or on the number of threads.
 */

import { nodeModule } from "../../platform.ts";
import type { Allocator } from "./memory.ts";
import { KERNELS, type KernelModule, type KernelName } from "./module.ts";

// Words of the control block, by 4 bytes, those that change often on cache lines of their own (also in worker.mjs).
/** Parts that nobody has taken. */
const PENDING = 0;
/** Parts that are finished. */
const DONE = 16;
/** Jobs so far; workers sleep on it. */
const JOBS = 32;
const SLEEPERS = 33;
/** Workers that have started. */
const READY = 34;
/** 1 while the main thread sleeps on DONE. */
const MAIN_WAITS = 35;
const KERNEL = 48;
const UNITS = 49;
const PARTS = 50;
const ARGUMENT_COUNT = 51;
/** First of the kernel's arguments, by 8 bytes. */
const ARGUMENTS = 32;
const CONTROL_BYTES = 512;

/** Looks at the finished parts before the main thread goes to sleep, where it may. */
const SPINS = 20_000;

interface Worker {
  postMessage(message: unknown): void;
  terminate(): unknown;
}

export class Pool {
  /** Why there are no workers, or fewer than asked for. */
  failure: string | undefined;

  private readonly words: Int32Array;
  private readonly values: Float64Array;
  private readonly control: number;
  private workers: { worker: Worker; scratch: number }[] = [];
  private started = false;
  private mayBlock = true;

  /** @param threads the main thread among them. */
  constructor(
    readonly threads: number,
    private readonly memory: Allocator,
    private readonly kernels: KernelModule,
    private readonly module: WebAssembly.Module,
  ) {
    this.control = memory.allocate(CONTROL_BYTES);
    this.words = new Int32Array(memory.memory.buffer, this.control, CONTROL_BYTES / 4).fill(0);
    this.values = new Float64Array(memory.memory.buffer, this.control, CONTROL_BYTES / 8);
  }

  /** Workers that take part: they start when the first job comes, and are not waited for. */
  get ready(): number {
    return Atomics.load(this.words, READY);
  }

  /** Runs a kernel in `parts` parts, and returns when all are done. */
  run(name: KernelName, units: number, parts: number, args: readonly number[]): void {
    if (!this.started) this.start();
    const kernel = this.kernels[name];
    if (this.ready === 0) {
      kernel(0, units, ...args);
      return;
    }
    const { words } = this;
    words[KERNEL] = KERNELS.indexOf(name);
    words[UNITS] = units;
    words[PARTS] = parts;
    words[ARGUMENT_COUNT] = args.length;
    this.values.set(args, ARGUMENTS);
    Atomics.store(words, DONE, 0);
    Atomics.store(words, PENDING, parts);
    Atomics.add(words, JOBS, 1);
    if (Atomics.load(words, SLEEPERS) > 0) Atomics.notify(words, JOBS, parts - 1);
    let done = 0;
    for (let part = this.takePart(); part >= 0; part = this.takePart(), done++) {
      kernel(firstUnit(part, parts, units), firstUnit(part + 1, parts, units), ...args);
    }
    if (done > 0) Atomics.add(words, DONE, done);
    this.join(parts);
  }

  /** Ends the workers. The pool is of no use afterwards. */
  stop(): void {
    for (const { worker, scratch } of this.workers) {
      worker.terminate();
      this.memory.release(scratch);
    }
    // The control block stays: a worker may look at it once more before it ends.
    this.workers = [];
  }

  private takePart(): number {
    const { words } = this;
    let pending = Atomics.load(words, PENDING);
    while (pending > 0) {
      const found = Atomics.compareExchange(words, PENDING, pending, pending - 1);
      if (found === pending) return words[PARTS] - pending;
      pending = found;
    }
    return -1;
  }

  private join(parts: number): void {
    const { words } = this;
    for (let i = 0; i < SPINS; i++) if (Atomics.load(words, DONE) === parts) return;
    while (Atomics.load(words, DONE) !== parts) {
      if (this.mayBlock) this.sleep(parts);
    }
  }

  /** Until a worker has finished a part. A browser's main thread may not sleep and goes on looking. */
  private sleep(parts: number): void {
    const { words } = this;
    Atomics.store(words, MAIN_WAITS, 1);
    const done = Atomics.load(words, DONE);
    try {
      if (done !== parts) Atomics.wait(words, DONE, done);
    } catch {
      this.mayBlock = false;
    }
    Atomics.store(words, MAIN_WAITS, 0);
  }

  private start(): void {
    this.started = true;
    for (let i = 1; i < this.threads; i++) {
      try {
        const worker = this.createWorker();
        const scratch = this.memory.allocate(this.kernels.scratchSize());
        this.workers.push({ worker, scratch });
        const { module, control } = this;
        worker.postMessage({ module, memory: this.memory.memory, control, scratch, names: KERNELS });
      } catch (error) {
        this.failure = error instanceof Error ? error.message : String(error);
        return;
      }
    }
  }

  private createWorker(): Worker {
    const node = nodeModule<typeof import("node:worker_threads")>("node:worker_threads");
    if (node === undefined) {
      const worker = new Worker(new URL("./worker.mjs", import.meta.url), { type: "module" });
      worker.onerror = (event) => {
        this.failure = event.message;
      };
      return worker;
    }
    // Without the process's own options: a loader of TypeScript would only delay the start.
    const worker = new node.Worker(new URL("./worker.mjs", import.meta.url), { execArgv: [] });
    worker.on("error", (error) => {
      this.failure = String(error);
    });
    worker.unref();
    return worker;
  }
}

/** First unit of a part; on a multiple of 16 where parts are long, so that no two write to one cache line. */
function firstUnit(part: number, parts: number, units: number): number {
  const unit = Math.floor((units * part) / parts);
  return part < parts && units >= 256 * parts ? unit - (unit % 16) : unit;
}

/** Processors that this process may use. */
export function availableThreads(): number {
  const os = nodeModule<typeof import("node:os")>("node:os");
  return os?.availableParallelism() ?? globalThis.navigator?.hardwareConcurrency ?? 1;
}

/** Why this host can have no threads; undefined where it can. */
export function whyNoThreads(): string | undefined {
  if (nodeModule("node:worker_threads") !== undefined) return undefined;
  if (typeof Worker === "undefined") return "there are no web workers here";
  if (globalThis.crossOriginIsolated !== true) {
    return "the page is not cross-origin isolated: serve it with Cross-Origin-Opener-Policy and Cross-Origin-Embedder-Policy";
  }
  return undefined;
}
