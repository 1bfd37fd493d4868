import {
  argumentTypes,
  type Backend,
  type Block,
  KERNEL_SETTINGS,
  type Program,
  type WgslProgram,
  type WgslSpec,
} from "../backend.ts";
import type { GpuJs, GpuJsLibrary, GpuJsShortcut, WebGpuContext } from "../gpujs.ts";
import type { KernelSpec } from "../kernel.ts";

/** A buffer, dressed as what gpu.js takes for an argument. */
class BufferBlock implements Block {
  readonly type = "WebGPUBuffer";
  readonly componentCount = 1;

  constructor(
    readonly buffer: GPUBuffer,
    readonly context: WebGpuContext,
    readonly length: number,
    readonly output = [length],
  ) {}
}

/** The state of a gpu.js WebGPU kernel, as far as it is used here. */
interface WebGpuState {
  readonly built: boolean;
  build(...args: unknown[]): Promise<void>;
  run(...args: unknown[]): unknown;
  /** Where the next run writes. gpu.js keeps it when it is large enough. */
  outputBuffer: (GPUBuffer & { _refs?: number }) | null;
  bindGroupDirty: boolean;
}

/** GPUBufferUsage and GPUMapMode, as the specification numbers them; in Node there are no such globals by themselves. */
const USAGE = { mapRead: 0x1, copySource: 0x4, copyTarget: 0x8, uniform: 0x40, storage: 0x80 };
const MAP_MODE_READ = 0x1;

const SIZES_PER_OCTAVE = 4;
const SMALLEST = 256;

/** Bytes of the buffer for so many elements: few different sizes, so that buffers can be used again. */
export function bufferSize(length: number): number {
  const bytes = Math.max(length * 4, SMALLEST);
  const step = 2 ** Math.floor(Math.log2(bytes)) / SIZES_PER_OCTAVE;
  return Math.ceil(bytes / step) * step;
}

/** gpu.js on WebGPU: compute shaders over storage buffers. */
export class WebGpuBackend implements Backend {
  readonly name = "webgpu";
  readonly adapter: string;
  readonly maxLength: number;
  readonly hostMemory = false;
  readonly blocks = { live: 0, pooled: 0 };
  onError: ((message: string) => void) | undefined;
  readonly #free = new Map<number, GPUBuffer[]>();

  constructor(
    readonly gpu: GpuJs,
    readonly context: WebGpuContext,
  ) {
    const { adapter, device } = context;
    const { vendor, architecture, description } = adapter.info;
    this.adapter = description || [vendor, architecture].filter((word) => word !== "").join(" ") || "unnamed adapter";
    this.maxLength = Math.min(device.limits.maxStorageBufferBindingSize, device.limits.maxBufferSize) / 4;
    device.onuncapturederror = ({ error }) => this.onError?.(error.message);
    device.lost.then(({ reason, message }) => {
      if (reason !== "destroyed") this.onError?.(`the GPU was lost: ${message || reason}; open it anew`);
    });
  }

  compile(spec: KernelSpec): Program {
    const shortcut = this.gpu.createKernel<WebGpuState>(spec.source, {
      ...KERNEL_SETTINGS,
      functions: [...spec.helpers],
      argumentTypes: argumentTypes(spec, "WebGPUBuffer"),
      output: spec.axes === 1 ? [1] : [1, 1, 1],
    });
    const { kernel } = shortcut;
    const samples = spec.types.map((type) => (type.startsWith("array") ? { type: "WebGPUBuffer", output: [1] } : 1));
    return {
      get ready() {
        return kernel.built;
      },
      prepare: () => kernel.build(...samples),
      run: (output, args) => this.#run(shortcut, output, args),
    };
  }

  /** gpu.js would make a new buffer for each result; this hands it one from the pool. */
  #run(shortcut: GpuJsShortcut<WebGpuState>, output: readonly number[], args: readonly (Block | number)[]): Block {
    const { kernel } = shortcut;
    const result = this.take(output.reduce((product, n) => product * n, 1));
    const own = kernel.outputBuffer;
    if (own !== null && own !== undefined && own.label !== POOLED) own.destroy();
    kernel.outputBuffer = result.buffer;
    kernel.bindGroupDirty = true;
    shortcut.setOutput(output);
    kernel.run(...args);
    return result;
  }

  compileWgsl(spec: WgslSpec): WgslProgram {
    return new NativeProgram(this, spec);
  }

  /** A block with undefined content, for so many elements. */
  take(length: number): BufferBlock {
    const size = bufferSize(length);
    const pool = this.#free.get(size);
    this.blocks.live++;
    const reused = pool?.pop();
    if (reused !== undefined) {
      this.blocks.pooled--;
      return new BufferBlock(reused, this.context, length);
    }
    const usage = USAGE.storage | USAGE.copySource | USAGE.copyTarget;
    const buffer = this.context.device.createBuffer({ label: POOLED, size, usage });
    return new BufferBlock(buffer, this.context, length);
  }

  free(block: Block): void {
    const { buffer } = block as BufferBlock;
    const pool = this.#free.get(buffer.size);
    if (pool === undefined) this.#free.set(buffer.size, [buffer]);
    else pool.push(buffer);
    this.blocks.live--;
    this.blocks.pooled++;
  }

  shaped(block: Block, sizes: readonly number[]): Block {
    return new BufferBlock((block as BufferBlock).buffer, this.context, block.length, [...sizes]);
  }

  make(values: Float32Array): Block {
    const block = this.take(values.length);
    this.write(block, 0, values);
    return block;
  }

  write(block: Block, start: number, values: Float32Array): void {
    const { buffer } = block as BufferBlock;
    this.context.device.queue.writeBuffer(buffer, start * 4, values.buffer, values.byteOffset, values.byteLength);
  }

  copyInto(block: Block, start: number, source: Block, length: number): void {
    const { device } = this.context;
    const encoder = device.createCommandEncoder();
    encoder.copyBufferToBuffer((source as BufferBlock).buffer, 0, (block as BufferBlock).buffer, start * 4, length * 4);
    device.queue.submit([encoder.finish()]);
  }

  async read(block: Block, start: number, length: number): Promise<Float32Array> {
    const { device } = this.context;
    const bytes = length * 4;
    const staging = device.createBuffer({ size: bytes, usage: USAGE.mapRead | USAGE.copyTarget });
    const encoder = device.createCommandEncoder();
    encoder.copyBufferToBuffer((block as BufferBlock).buffer, start * 4, staging, 0, bytes);
    device.queue.submit([encoder.finish()]);
    try {
      await staging.mapAsync(MAP_MODE_READ);
      return new Float32Array(staging.getMappedRange().slice(0));
    } finally {
      staging.destroy();
    }
  }

  /** Gives the buffers of the pool back to the system. */
  trim(): void {
    for (const pool of this.#free.values()) for (const buffer of pool) buffer.destroy();
    this.#free.clear();
    this.blocks.pooled = 0;
  }

  async close(): Promise<void> {
    this.trim();
    await this.gpu.destroy();
  }
}

/** A kernel written in WGSL. */
class NativeProgram implements WgslProgram {
  #pipeline: GPUComputePipeline | undefined;
  #preparing: Promise<void> | undefined;
  readonly #params: GPUBuffer;
  readonly #ints: Int32Array;
  readonly #floats: Float32Array;

  constructor(
    readonly backend: WebGpuBackend,
    readonly spec: WgslSpec,
  ) {
    const numbers = spec.types.filter((type) => type !== "array").length;
    const bytes = new ArrayBuffer(Math.ceil(numbers / 4) * 16);
    this.#ints = new Int32Array(bytes);
    this.#floats = new Float32Array(bytes);
    const usage = USAGE.uniform | USAGE.copyTarget;
    this.#params = backend.context.device.createBuffer({ size: bytes.byteLength, usage });
  }

  get ready(): boolean {
    return this.#pipeline !== undefined;
  }

  prepare(): Promise<void> {
    this.#preparing ??= this.#compile();
    return this.#preparing;
  }

  async #compile(): Promise<void> {
    const { device } = this.backend.context;
    const module = device.createShaderModule({ label: this.spec.name, code: this.spec.code });
    this.#pipeline = await device.createComputePipelineAsync({ layout: "auto", compute: { module } });
  }

  run(groups: readonly number[], length: number, args: readonly (Block | number)[]): Block {
    const { device } = this.backend.context;
    const pipeline = this.#pipeline!;
    const buffers: GPUBuffer[] = [this.#params];
    let slot = 0;
    args.forEach((arg, i) => {
      if (typeof arg !== "number") buffers.push((arg as BufferBlock).buffer);
      else if (this.spec.types[i] === "int") this.#ints[slot++] = arg;
      else this.#floats[slot++] = arg;
    });
    const result = this.backend.take(length);
    buffers.push(result.buffer);
    device.queue.writeBuffer(this.#params, 0, this.#ints.buffer as ArrayBuffer);
    const entries = buffers.map((buffer, binding) => ({ binding, resource: { buffer } }));
    const encoder = device.createCommandEncoder();
    const pass = encoder.beginComputePass();
    pass.setPipeline(pipeline);
    pass.setBindGroup(0, device.createBindGroup({ layout: pipeline.getBindGroupLayout(0), entries }));
    pass.dispatchWorkgroups(groups[0], groups[1], groups[2]);
    pass.end();
    device.queue.submit([encoder.finish()]);
    return result;
  }
}

/** Marks buffers that this backend made, against those that gpu.js makes for itself while it builds a kernel. */
const POOLED = "lectern";

export async function openWebGpu(library: GpuJsLibrary): Promise<WebGpuBackend> {
  const gpu = await findWebGpu();
  // gpu.js asks again, but has a less helpful message where there is none.
  if ((await gpu.requestAdapter()) === null) {
    throw new Error(
      inNode()
        ? "no graphics driver offers an adapter (on Linux: Vulkan with libvulkan1 and the card's driver)"
        : "this browser offers no adapter (in Chromium: chrome://gpu says why, --enable-unsafe-webgpu allows more)",
    );
  }
  const context = await library.WebGPUContext.acquire();
  return new WebGpuBackend(new library.GPU({ mode: "webgpu" }), context);
}

const NODE_PACKAGE = "webgpu";

interface Host {
  navigator?: { gpu?: GPU };
  process?: { versions?: { node?: string } };
}

const inNode = () => (globalThis as Host).process?.versions?.node !== undefined;

/** In Node, WebGPU comes from the package `webgpu` (Dawn); a browser brings its own. */
async function findWebGpu(): Promise<GPU> {
  const host = globalThis as Host;
  if (host.navigator?.gpu !== undefined) return host.navigator.gpu;
  if (!inNode()) throw new Error("this browser has no WebGPU (navigator.gpu)");
  // Not a literal, so that bundlers for the browser do not look for the package.
  const dawn = (await import(/* @vite-ignore */ NODE_PACKAGE)) as { create(options: string[]): GPU; globals: object };
  Object.assign(globalThis, dawn.globals);
  const gpu = dawn.create([]);
  // Where gpu.js looks for it.
  if (host.navigator === undefined) {
    Object.defineProperty(globalThis, "navigator", { value: { gpu }, configurable: true });
  } else {
    Object.defineProperty(host.navigator, "gpu", { value: gpu, configurable: true });
  }
  return gpu;
}
