/**
 * Threads: workers that share the memory and the compiled kernels with the main thread, which works too. A job (a kernel
 * over units 0 … n - 1) is cut into parts, and whoever is free takes the next; a unit's result is the same whoever
 * computes it and wherever the cuts lie, so no result depends on timing or on the number of threads.
 */

import { nodeModule } from "../../platform.ts";
import { ARGUMENTS, CONTROL_BYTES, firstUnit, setFailure, takeFailure, takePart, WORD } from "./control.mjs";
import type { Allocator } from "./memory.ts";
import { KERNELS, type Kernel, type KernelName } from "./module.ts";

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
    private readonly kernels: Readonly<Record<KernelName, Kernel>>,
    private readonly module: WebAssembly.Module,
    private readonly scratchSize: number,
    /** The library that workers are to open, where there is one. */
    private readonly blas: string | undefined,
  ) {
    this.control = memory.allocate(CONTROL_BYTES);
    this.words = new Int32Array(memory.memory.buffer, this.control, CONTROL_BYTES / 4).fill(0);
    this.values = new Float64Array(memory.memory.buffer, this.control, CONTROL_BYTES / 8);
  }

  /** Workers that take part: they start when the first job comes, and are not waited for. */
  get ready(): number {
    return Atomics.load(this.words, WORD.ready);
  }

  /** Runs a kernel in `parts` parts, and returns when all are done. Errors: one of them failed, on whichever thread. */
  run(name: KernelName, units: number, parts: number, args: readonly number[]): void {
    if (!this.started) this.start();
    const kernel = this.kernels[name];
    if (this.ready === 0) {
      kernel(0, units, ...args);
      return;
    }
    const { words } = this;
    words[WORD.kernel] = KERNELS.indexOf(name);
    words[WORD.units] = units;
    words[WORD.parts] = parts;
    words[WORD.argumentCount] = args.length;
    this.values.set(args, ARGUMENTS);
    Atomics.store(words, WORD.done, 0);
    Atomics.store(words, WORD.pending, parts);
    Atomics.add(words, WORD.jobs, 1);
    if (Atomics.load(words, WORD.sleepers) > 0) Atomics.notify(words, WORD.jobs, parts - 1);
    let done = 0;
    for (let part = takePart(words); part >= 0; part = takePart(words), done++) {
      try {
        kernel(firstUnit(part, parts, units), firstUnit(part + 1, parts, units), ...args);
      } catch (error) {
        // The others have to be done with the job before anything else can begin.
        setFailure(words, error);
      }
    }
    if (done > 0) Atomics.add(words, WORD.done, done);
    this.join(parts);
    if (words[WORD.failed] !== 0) throw new Error(`cpu: the kernel "${name}" failed: ${takeFailure(words)}`);
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

  private join(parts: number): void {
    const { words } = this;
    for (let i = 0; i < SPINS; i++) if (Atomics.load(words, WORD.done) === parts) return;
    while (Atomics.load(words, WORD.done) !== parts) {
      if (this.mayBlock) this.sleep(parts);
    }
  }

  /** Until a worker has finished a part. A browser's main thread may not sleep and goes on looking. */
  private sleep(parts: number): void {
    const { words } = this;
    Atomics.store(words, WORD.mainWaits, 1);
    const done = Atomics.load(words, WORD.done);
    try {
      if (done !== parts) Atomics.wait(words, WORD.done, done);
    } catch {
      this.mayBlock = false;
    }
    Atomics.store(words, WORD.mainWaits, 0);
  }

  private start(): void {
    this.started = true;
    for (let i = 1; i < this.threads; i++) {
      try {
        const worker = this.createWorker();
        const scratch = this.memory.allocate(this.scratchSize);
        this.workers.push({ worker, scratch });
        const { module, control, blas } = this;
        worker.postMessage({ module, memory: this.memory.memory, control, scratch, names: KERNELS, blas });
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
