/**
 * Threads: workers that share the memory and the compiled kernels with the main thread, which works too. A job (a kernel
 * over units 0 … n - 1) is cut into parts, and whoever is free takes the next; a unit's result is the same whoever
 * computes it and wherever the cuts lie, so no result depends on timing or on the number of threads.
 *
 * Jobs are queued, and whoever queues them goes on: while JavaScript prepares the next op, workers compute the last one.
 * The main thread joins in when it is some jobs ahead, and before anything is read. From the jobs' footprints follows
 * which of them may run side by side.
 */

import { inUnits } from "../../outOfMemory.ts";
import { nodeModule } from "../../platform.ts";
import { addressRoom } from "./addressSpace.ts";
import {
  abandon,
  backlog,
  bury,
  CONTROL_BYTES,
  kernelOf,
  nextDescription,
  publish,
  takeFailure,
  WINDOW,
  WORD,
  work,
  workUntil,
} from "./control.mjs";
import { dependency, type Footprint } from "./footprint.ts";
import type { Allocator } from "./memory.ts";
import { type AllKernels, type Kernel, type KernelName, TABLE } from "./table.mjs";
import { Thread } from "./thread.ts";

/** A library that workers are to open, and where its faults are written down (productCheck.mjs). */
export interface OpenedBlas {
  readonly name: string;
  readonly fault: number;
}

/** The place of each kernel in the table. */
const PLACES = Object.fromEntries(TABLE.map((name, place) => [name, place])) as Record<KernelName, number>;

/**
 * Jobs that the main thread may be ahead of the workers, before it works itself: more than WINDOW, as their footprints are
 * kept, and fewer than JOBS, as there has to be room.
 */
const AHEAD = 16;

/** What V8 reserves for a thread, and some to work with: measured are 0.6 to 0.9 GiB on Node 20 to 26. */
const ADDRESSES_OF_A_THREAD = 1.25 * 2 ** 30;

export class Pool {
  readonly threads: number;
  private readonly memory: Allocator;
  private readonly kernels: Readonly<AllKernels>;
  private readonly module: WebAssembly.Module;
  private readonly scratchSize: number;
  /** The library that workers are to open, where there is one. */
  private readonly blas: OpenedBlas | undefined;
  /** Why there are no workers, or fewer than asked for. */
  failure: string | undefined;

  private readonly words: Int32Array;
  private readonly values: Float64Array;
  private readonly control: number;
  private readonly own: readonly Kernel[];
  /** By their numbers, less 1; undefined where one has ended. */
  private workers: (Thread | undefined)[] = [];
  private started = false;
  private mayBlock = true;
  /** Footprints of the last jobs, the last one first: of all that are not finished, and of some that are. */
  private readonly recent: (Footprint | undefined)[] = [];

  /** @param threads the main thread among them. */
  constructor(
    threads: number,
    memory: Allocator,
    kernels: Readonly<AllKernels>,
    module: WebAssembly.Module,
    scratchSize: number,
    blas: OpenedBlas | undefined,
  ) {
    this.threads = threads;
    this.memory = memory;
    this.kernels = kernels;
    this.module = module;
    this.scratchSize = scratchSize;
    this.blas = blas;
    this.control = memory.allocate(CONTROL_BYTES);
    this.words = new Int32Array(memory.memory.buffer, this.control, CONTROL_BYTES / 4).fill(0);
    this.values = new Float64Array(memory.memory.buffer, this.control, CONTROL_BYTES / 8);
    this.own = TABLE.map((name) => kernels[name] as Kernel);
  }

  /** Workers that take part: they start when the first job comes, and are not waited for. */
  get ready(): number {
    return Atomics.load(this.words, WORD.ready);
  }

  /** Whether all jobs are done. */
  get idle(): boolean {
    return backlog(this.words) === 0;
  }

  /** Where the next job's kernel finds what is written down about its operands. */
  get nextDescription(): number {
    return this.control + nextDescription(this.words);
  }

  /**
   * Queues a kernel, in parts of `step` units. What it computes is there after `finish()`, and for every later job. Without
   * a footprint it begins when all earlier jobs are done.
   */
  run(name: KernelName, units: number, step: number, args: readonly (number | boolean)[], footprint?: Footprint): void {
    if (!this.started) this.start();
    if (this.ready === 0) {
      (this.kernels[name] as Kernel)(0, units, ...args);
      return;
    }
    const { words, values, recent } = this;
    publish(words, values, PLACES[name], units, step, this.dependenciesOf(footprint), args);
    recent.unshift(footprint);
    if (recent.length > AHEAD) recent.pop();
    if (backlog(words) > AHEAD) this.workUntil(() => backlog(words) <= AHEAD);
  }

  /** How a job depends on each of those before it: two bits each, the last one lowest. */
  private dependenciesOf(footprint: Footprint | undefined): number {
    const { recent } = this;
    let all = 0;
    for (let i = Math.min(recent.length, WINDOW) - 1; i >= 0; i--) all = (all << 2) | dependency(footprint, recent[i]);
    return all;
  }

  /** Whether an unfinished job touches a block. */
  private isBusy(block: number): boolean {
    const open = Math.min(backlog(this.words), this.recent.length);
    for (let i = 0; i < open; i++) {
      const footprint = this.recent[i];
      if (footprint === undefined || footprint.touches.some((touch) => touch.block === block)) return true;
    }
    return false;
  }

  /** Returns when all jobs are done, or all that touch a block. Errors: a kernel that failed, a thread that ended. */
  finish(block?: number): void {
    const { words } = this;
    this.workUntil(block === undefined ? () => backlog(words) === 0 : () => !this.isBusy(block));
    const failure = takeFailure(words);
    if (failure) throw new Error(`cpu: the kernel "${TABLE[failure.kernel]}" failed: ${failure.reason}`);
  }

  /** Ends the workers. The pool is of no use afterwards. Errors: as `finish`. */
  stop(): void {
    try {
      this.finish();
    } finally {
      for (const worker of this.workers) {
        if (worker === undefined) continue;
        worker.stop();
        this.memory.release(worker.scratch);
      }
      // The control block stays: a worker may look at it once more before it ends.
      this.workers = [];
    }
  }

  private workUntil(enough: () => boolean): void {
    const { words, values, own } = this;
    while (!enough()) {
      if (!this.mayBlock) work(words, values, own, 0);
      else this.workAndSleep(enough);
    }
  }

  /** A browser's main thread may not sleep: then it goes on looking. */
  private workAndSleep(enough: () => boolean): void {
    try {
      workUntil(enough, this.words, this.values, this.own, 0, () => this.watch());
    } catch (error) {
      if (!(error instanceof TypeError)) throw error;
      this.mayBlock = false;
    }
  }

  /** Looks whether the workers are still there. Errors: one ended in the middle of a job. */
  private watch(): void {
    for (const worker of this.workers) if (worker?.isGone) this.bury(worker);
  }

  /** Goes on without a worker. Errors: it ended in the middle of a job. */
  private bury(worker: Thread): void {
    const { words } = this;
    const place = this.workers.indexOf(worker);
    const number = place + 1;
    const kernel = kernelOf(words, number);
    this.workers[place] = undefined;
    bury(words, number);
    const told = worker.reason === undefined ? "" : ` (${worker.reason})`;
    this.failure = `thread ${number} of ${this.threads} ended${told}`;
    if (kernel === undefined) {
      this.memory.release(worker.scratch);
      return;
    }
    abandon(words, () => this.waitForWorkers());
    this.recent.length = 0;
    this.memory.release(worker.scratch);
    throw new Error(
      `cpu: ${this.failure} while it computed "${TABLE[kernel]}": what was queued is lost, so go on from a checkpoint`,
    );
  }

  /** Returns when no worker that is still there is at a part. */
  private waitForWorkers(): void {
    const { words } = this;
    for (const [place, worker] of this.workers.entries()) {
      while (worker !== undefined && kernelOf(words, place + 1) !== undefined && !worker.isGone) {
        Atomics.wait(words, WORD.bell, Atomics.load(words, WORD.bell), 1);
      }
    }
  }

  private start(): void {
    this.started = true;
    const room = addressRoom() ?? Number.POSITIVE_INFINITY;
    const { module, control, blas, memory } = this;
    for (let number = 1; number < this.threads; number++) {
      if (room < number * ADDRESSES_OF_A_THREAD) {
        this.failure = `ulimit -v leaves ${inUnits(room)} of addresses, and a thread takes ${inUnits(ADDRESSES_OF_A_THREAD)}`;
        return;
      }
      try {
        const scratch = memory.allocate(this.scratchSize);
        const given = { module, memory: memory.memory, control, blas, number };
        this.workers.push(new Thread(scratch, given, (thread) => this.noteEnd(thread)));
      } catch (error) {
        this.failure = error instanceof Error ? error.message : String(error);
        return;
      }
    }
  }

  /** A worker ended by itself. Where it was at a job, whoever waits for that one is told. */
  private noteEnd(thread: Thread): void {
    const place = this.workers.indexOf(thread);
    if (place < 0) return;
    this.failure = `thread ${place + 1} of ${this.threads} ended (${thread.reason})`;
    if (kernelOf(this.words, place + 1) === undefined) this.bury(thread);
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
