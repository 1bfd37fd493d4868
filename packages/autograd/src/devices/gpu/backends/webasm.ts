import {
  argumentTypes,
  type Backend,
  type Block,
  CLOSED,
  KERNEL_SETTINGS,
  type Program,
  returnType,
} from "../backend.ts";
import type { GpuJs } from "../gpujs.ts";
import type { KernelSpec } from "../kernel.ts";
import type { GpuJsLibrary } from "../library.ts";

/**
 * gpu.js compiles a module for each combination of sizes, and keeps so many of them for each kernel. A browser's V8 has
 * room for about a hundred memories in all, Node's for thousands.
 */
const MODULES = (globalThis as { process?: { versions?: { node?: string } } }).process?.versions?.node ? 64 : 2;

interface WebAssemblyState {
  moduleCacheLimit: number;
  /** Cuts the result into an array of rows. */
  _shapeOutput(values: Float32Array): unknown;
  readonly fallbackReason: string | null;
}

/** gpu.js compiled to WebAssembly: no GPU at all, but the same kernels, synchronously, wherever JavaScript runs. */
class WebAssemblyBackend implements Backend {
  readonly gpu: GpuJs;
  readonly library: GpuJsLibrary;
  readonly name = "webasm";
  readonly adapter = "WebAssembly";
  readonly software = true;
  /** A kernel's inputs and its output lie in one memory of 4 GiB. */
  readonly maxLength = 2 ** 28;
  readonly blocks = { live: 0, pooled: 0 };
  onError: ((message: string) => void) | undefined;
  lost: string | undefined;

  constructor(gpu: GpuJs, library: GpuJsLibrary) {
    this.gpu = gpu;
    this.library = library;
  }

  compile(spec: KernelSpec): Program {
    const shortcut = this.gpu.createKernel<WebAssemblyState>(spec.source, {
      ...KERNEL_SETTINGS,
      functions: [...spec.helpers],
      argumentTypes: argumentTypes(spec, "Array", { nested: "Input" }),
      returnType: returnType(spec),
      output: spec.axes === 1 ? [1] : [1, 1, 1],
    });
    shortcut.kernel.moduleCacheLimit = MODULES;
    // Otherwise each row would become an array of its own, and with four numbers a thread each thread's numbers too.
    shortcut.kernel._shapeOutput = (values) => values;
    return {
      ready: true,
      prepare: async () => {},
      run: (output, args) => {
        shortcut.setOutput(output);
        const result = shortcut(...args);
        if (shortcut.kernel.fallbackReason) throw new Error(shortcut.kernel.fallbackReason);
        return [this.#keep(result as Float32Array)];
      },
    };
  }

  #keep(values: Float32Array): Block {
    this.blocks.live++;
    return values;
  }

  make(values: Float32Array): Block {
    return this.#keep(values.slice());
  }

  write(block: Block, start: number, values: Float32Array): void {
    (block as Float32Array).set(values, start);
  }

  copyInto(block: Block, start: number, source: Block, length: number): void {
    (block as Float32Array).set((source as Float32Array).subarray(0, length), start);
  }

  async read(block: Block, start: number, length: number): Promise<Float32Array> {
    return (block as Float32Array).slice(start, start + length);
  }

  shaped(block: Block, sizes: readonly number[]): Block {
    const length = sizes.reduce((product, size) => product * size, 1);
    return this.library.input((block as Float32Array).subarray(0, length), [...sizes]) as Block;
  }

  free(_block: Block): void {
    this.blocks.live--;
  }

  async close(): Promise<void> {
    this.lost ??= CLOSED;
    await this.gpu.destroy();
  }
}

export async function openWebAssembly(library: GpuJsLibrary): Promise<Backend> {
  return new WebAssemblyBackend(new library.GPU({ mode: "webasm" }), library);
}
