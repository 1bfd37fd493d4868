import type { Backend, Block, Program } from "./backend.ts";
import type { KernelSpec } from "./kernel.ts";

/**
 * What a storage of this device has for a handle. gpu.js's kernels never write into existing memory: each run gives a
 * new block, which takes the place of the one in the box. Empty until something is written: then it is read as zeros.
 */
export interface Box {
  block: Block | undefined;
  readonly length: number;
  /** Counts writes, so that indices that were checked once are not checked again. */
  writes: number;
}

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
  readonly #programs = new Map<string, Program>();
  #queue: Task[] = [];
  #waiting = false;
  #running = false;
  #failure: string | undefined;
  /** Kernels run so far. */
  launches = 0;

  constructor(readonly backend: Backend) {
    backend.onError = (message) => this.fail(message);
  }

  get compiledKernels(): number {
    return this.#programs.size;
  }

  box(length: number): Box {
    return { block: undefined, length, writes: 0 };
  }

  /** Runs a kernel; its result is in the box that this gives. `output`: the number of threads, or `[x, y, z]`. */
  launch(spec: KernelSpec, output: number | readonly number[], args: readonly (Box | number)[]): Box {
    const threads = typeof output === "number" ? [output] : output;
    const result = this.box(threads.reduce((product, n) => product * n, 1));
    const program = this.#program(spec);
    this.enqueue({
      op: spec.name,
      program,
      run: () => {
        const values = args.map((arg) => (typeof arg === "number" ? arg : this.#blockOf(arg)));
        result.block = program.run(threads, values);
        this.launches++;
      },
    });
    return result;
  }

  #program(spec: KernelSpec): Program {
    let program = this.#programs.get(spec.name);
    if (program === undefined) {
      program = this.backend.compile(spec);
      this.#programs.set(spec.name, program);
      // Compiled while what comes before is still under way. A failure is met again, and reported, when its turn comes.
      if (!program.ready) program.prepare().catch(() => {});
    }
    return program;
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

  /** Elements as they are after everything asked for so far. Errors: whatever has failed since the last read. */
  read(box: Box, start: number, length: number): Promise<Float32Array> {
    return new Promise((resolve, reject) => {
      this.enqueue({
        op: "read",
        run: () => {
          const reading = this.backend.read(this.#blockOf(box), start, length);
          reading.then(
            (values) => this.#settle(() => resolve(values), reject),
            (error) => {
              this.fail(`read: ${messageOf(error)}`);
              this.#settle(() => {}, reject);
            },
          );
        },
      });
    });
  }

  #settle(succeed: () => void, reject: (error: Error) => void): void {
    if (this.#failure === undefined) {
      succeed();
      return;
    }
    const message = this.#failure;
    this.#failure = undefined;
    reject(new Error(message));
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
