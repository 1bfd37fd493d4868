import { DeviceLostError } from "../../device.ts";
import type { Backend, Block, Program, WgslSpec } from "./backend.ts";
import { type IndexCheck, indexMessage } from "./checks.ts";
import type { KernelSpec } from "./kernel.ts";

/**
 * What a storage of this device has for a handle. gpu.js's kernels never write into existing memory: each run gives a
 * new block, which takes the place of the one in the box. Empty until something is written: then it is read as zeros.
 */
export interface Box {
  block: Block | undefined;
  readonly length: number;
  writes: number;
  /** The last check of what is in it as indices, and the number of writes then. */
  checked?: { readonly key: string; readonly writes: number };
}

/** A box that a kernel indexes by several numbers; sizes from the last axis on. */
export interface Shaped {
  readonly box: Box;
  readonly sizes: readonly number[];
}

/** What a kernel is called with. */
export type Argument = Box | Shaped | number;

/** So many checks are remembered until the next read; a loop that never reads forgets the oldest. */
const MAX_CHECKS = 4096;

/**
 * The kernels that multiply matrices: one element of the result a thread; four of them a thread (`kernels/matmul.ts`); or
 * tiles in memory that threads share, in WebGPU's own language (`wgsl/matmul.ts`).
 */
export type Product = "plain" | "blocked" | "tiled";

interface Task {
  /** What a failure is reported under. */
  readonly op: string;
  readonly program?: Program;
  run(): void;
}

/**
 * Runs kernels in the order in which they were asked for. On WebGPU a kernel is compiled asynchronously, so what comes
 * after its first call waits in a queue; otherwise every call is passed on to the GPU at once. Nothing here waits for
 * the GPU: only reading does.
 */
export class Runtime {
  readonly backend: Backend;
  readonly #programs = new Map<string, Program>();
  #queue: Task[] = [];
  #waiting = false;
  #running = false;
  #failure: string | undefined;
  readonly #checks = new Map<number, IndexCheck>();
  #lastCheck = 0;
  /** See `checkIndices`. */
  readonly alarm: Box = this.box(2);
  /** One element that is 0. */
  readonly zero: Box = this.box(1);
  /** One element that is 1. */
  readonly one: Box;
  /** Which kernel multiplies matrices. */
  product: Product;
  /** Why it is not the one that the backend begins with. */
  productReason: string | undefined;
  /** True where kernels in WebGPU's own language stand in for several of gpu.js's at once. */
  fused = false;
  /** Kernels run so far. */
  launches = 0;

  constructor(backend: Backend) {
    this.backend = backend;
    this.product = backend.compileWgsl === undefined ? "blocked" : "tiled";
    backend.onError = (message) => this.fail(message);
    this.one = this.make(Float32Array.of(1));
  }

  get compiledKernels(): number {
    return this.#programs.size;
  }

  box(length: number): Box {
    return { block: undefined, length, writes: 0 };
  }

  /** Errors: more elements than one buffer can hold. */
  assertFits(length: number, what: string): void {
    const { maxLength } = this.backend;
    if (length <= maxLength) return;
    throw new RangeError(
      `gpu: ${what} of ${length} elements is larger than one buffer of this GPU can be (${maxLength}): ` +
        "make the batch or the model smaller",
    );
  }

  /** Runs a kernel; its result is in the box that this gives. `output`: the number of threads, or `[x, y, z]`. */
  launch(spec: KernelSpec, output: number | readonly number[], args: readonly Argument[]): Box {
    const threads = typeof output === "number" ? [output] : output;
    const length = threads.reduce((product, n) => product * n, spec.gives);
    return this.#launch(spec.name, () => this.backend.compile(spec), threads, [length], args)[0];
  }

  /** Runs a kernel in WebGPU's own language, by groups of threads; gives its results, of these lengths. It may change `targets` in place. */
  launchWgsl(
    spec: WgslSpec,
    groups: readonly number[],
    lengths: readonly number[],
    args: readonly Argument[],
    targets: readonly Box[] = [],
  ): Box[] {
    for (const box of targets) box.writes++;
    return this.#launch(spec.name, () => this.backend.compileWgsl!(spec), groups, lengths, args);
  }

  #launch(
    name: string,
    compile: () => Program,
    threads: readonly number[],
    lengths: readonly number[],
    args: readonly Argument[],
  ): Box[] {
    for (const length of lengths) this.assertFits(length, `${name}: a result`);
    const results = lengths.map((length) => this.box(length));
    const program = this.#programs.get(name) ?? this.#compile(name, compile);
    this.enqueue({
      op: name,
      program,
      run: () => {
        const values = args.map((arg) => this.#valueOf(arg));
        program.run(threads, values, lengths).forEach((block, i) => {
          results[i].block = block;
        });
        this.launches++;
      },
    });
    return results;
  }

  #compile(name: string, compile: () => Program): Program {
    const program = compile();
    this.#programs.set(name, program);
    // Compiled while what comes before is still under way. A failure is met again, and reported, when its turn comes.
    if (!program.ready) program.prepare().catch(() => {});
    return program;
  }

  #valueOf(arg: Argument): Block | number {
    if (typeof arg === "number") return arg;
    if ("sizes" in arg) return this.backend.shaped(this.#blockOf(arg.box), arg.sizes);
    return this.#blockOf(arg);
  }

  /** The block in a box; zeros where nothing was written yet. */
  #blockOf(box: Box): Block {
    box.block ??= this.backend.make(new Float32Array(Math.max(box.length, 1)));
    return box.block;
  }

  /** Puts the content of `from`, a temporary box, into `to`. */
  replace(to: Box, from: Box): void {
    to.writes++;
    this.enqueue({
      op: "replace",
      run: () => {
        if (to.block !== undefined) this.backend.free(to.block);
        to.block = from.block;
        from.block = undefined;
      },
    });
  }

  /** Copies the first `length` elements of `from` to `to[start …]`, where the backend can do that in place. */
  copyInto(to: Box, start: number, from: Box, length: number): boolean {
    const { backend } = this;
    if (backend.copyInto === undefined) return false;
    to.writes++;
    this.enqueue({
      op: "copy",
      run: () => backend.copyInto!(this.#blockOf(to), start, this.#blockOf(from), length),
    });
    return true;
  }

  /** Puts values from the host into a box: all of it, or a part where the backend can do that. */
  upload(to: Box, start: number, values: Float32Array): boolean {
    const { backend } = this;
    const whole = start === 0 && values.length === to.length;
    if (!whole && backend.write === undefined) return false;
    to.writes++;
    this.enqueue({
      op: "upload",
      run: () => {
        if (backend.write !== undefined && to.block !== undefined) backend.write(to.block, start, values);
        else if (!whole) backend.write!(this.#blockOf(to), start, values);
        else {
          if (to.block !== undefined) backend.free(to.block);
          to.block = backend.make(values);
        }
      },
    });
    return true;
  }

  /** A box that holds values from the host. */
  make(values: Float32Array): Box {
    const box = this.box(values.length);
    this.upload(box, 0, values);
    return box;
  }

  free(...boxes: Box[]): void {
    this.enqueue({
      op: "free",
      run: () => {
        for (const box of boxes) {
          if (box.block !== undefined) this.backend.free(box.block);
          box.block = undefined;
        }
      },
    });
  }

  /** Numbers a check of indices, for `alarm`. */
  addCheck(check: IndexCheck): number {
    if (this.#checks.size >= MAX_CHECKS) this.#checks.delete(this.#checks.keys().next().value as number);
    this.#lastCheck++;
    this.#checks.set(this.#lastCheck, check);
    return this.#lastCheck;
  }

  /** Elements as they are after everything asked for so far. Errors: whatever has failed since the last read. */
  async read(box: Box, start: number, length: number): Promise<Float32Array> {
    const upTo = this.#lastCheck;
    const checked = this.#checks.size > 0;
    const [values, alarm] = await Promise.all([
      this.#copyOut(box, start, length),
      checked ? this.#copyOut(this.alarm, 0, 2) : Float32Array.of(0, 0),
    ]);
    if (this.backend.lost !== undefined) {
      const all = "all that was on it is gone: open it anew with openGpu(), and load a checkpoint";
      throw new DeviceLostError(`gpu (${this.backend.name}): the GPU was lost (${this.backend.lost}), and ${all}`);
    }
    if (this.#failure !== undefined) {
      const message = this.#failure;
      this.#failure = undefined;
      throw new Error(message);
    }
    const [found, value] = alarm;
    const check = this.#checks.get(found);
    for (const id of this.#checks.keys()) if (id <= upTo) this.#checks.delete(id);
    if (found > 0) {
      this.upload(this.alarm, 0, Float32Array.of(0, 0));
      if (check) check.index.checked = undefined;
      throw new RangeError(check ? indexMessage(check, value) : `gpu: index ${value} is outside the axis it indexes`);
    }
    return values;
  }

  /** Fails at the end of `read`, not here. */
  #copyOut(box: Box, start: number, length: number): Promise<Float32Array> {
    return new Promise((resolve) => {
      const give = (error: unknown) => {
        this.fail(`read: ${messageOf(error)}`);
        resolve(new Float32Array(length));
      };
      this.enqueue({
        op: "read",
        run: () => {
          try {
            this.backend.read(this.#blockOf(box), start, length).then(resolve, give);
          } catch (error) {
            give(error);
          }
        },
      });
    });
  }

  /** Remembers a failure for the next read; the first one counts. */
  fail(message: string): void {
    this.#failure ??= `gpu (${this.backend.name}): ${message}`;
  }

  enqueue(task: Task): void {
    this.#queue.push(task);
    this.#work();
  }

  #work(): void {
    if (this.#waiting || this.#running) return;
    this.#running = true;
    let done = 0;
    for (; done < this.#queue.length; done++) {
      const task = this.#queue[done];
      if (task.program?.ready === false) {
        this.#wait(task, task.program);
        break;
      }
      try {
        task.run();
      } catch (error) {
        this.fail(`${task.op}: ${messageOf(error)}`);
      }
    }
    this.#queue = this.#queue.slice(done);
    this.#running = false;
  }

  #wait(task: Task, program: Program): void {
    this.#waiting = true;
    const goOn = () => {
      this.#waiting = false;
      this.#work();
    };
    program.prepare().then(goOn, (error) => {
      this.fail(`${task.op}: ${messageOf(error)}`);
      this.#queue = this.#queue.filter((other) => other.program !== program);
      goOn();
    });
  }
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
