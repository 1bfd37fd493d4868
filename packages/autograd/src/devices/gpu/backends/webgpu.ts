import {
  argumentTypes,
  type Backend,
  type Block,
  KERNEL_SETTINGS,
  type Program,
  returnType,
  type WgslSpec,
} from "../backend.ts";
import type { GpuJs, GpuJsLibrary, WebGpuContext } from "../gpujs.ts";
import type { ArgumentType, KernelSpec } from "../kernel.ts";
import { MAP_MODE_READ, Recorder, USAGE } from "./recorder.ts";

/** A buffer, and the sizes by which a kernel indexes it, from the last axis on. */
class BufferBlock implements Block {
  constructor(
    readonly buffer: GPUBuffer,
    readonly length: number,
    readonly sizes: readonly number[] = [length],
  ) {}
}

/**
 * What gpu.js makes of a kernel for WebGPU. It translates and compiles; runs are recorded here, as gpu.js would submit
 * each of them by itself. (gpu.js is pinned to the version that this was read in.)
 */
interface WebGpuState {
  readonly built: boolean;
  build(...args: unknown[]): Promise<void>;
  readonly computePipeline: GPUComputePipeline;
  readonly bindGroupLayout: GPUBindGroupLayout;
  /** How many threads a group has along each axis. */
  readonly workgroupSize: readonly number[];
  /** Where in the uniform struct each argument goes, in bytes; the result's sizes are at 0. */
  readonly paramsLayout: {
    readonly arrayArgs: readonly { readonly index: number; readonly dimsOffset: number }[];
    readonly scalarArgs: readonly { readonly index: number; readonly offset: number; readonly type: string }[];
    readonly byteLength: number;
  };
  outputBuffer: GPUBuffer | null;
}

const SIZES_PER_OCTAVE = 4;
const SMALLEST = 256;

/** Bytes of the buffer for so many elements: few different sizes, so that buffers can be used again. */
export function bufferSize(length: number): number {
  const bytes = Math.max(length * 4, SMALLEST);
  const step = 2 ** Math.floor(Math.log2(bytes)) / SIZES_PER_OCTAVE;
  return Math.ceil(bytes / step) * step;
}

/** So many bytes are kept for reuse, or as many as are in use where that is more. */
const POOL_BYTES = 2 ** 28;

/** So many buffers for reading are kept. */
const MAX_STAGING = 8;

/** gpu.js on WebGPU: compute shaders over storage buffers. */
export class WebGpuBackend implements Backend {
  readonly name = "webgpu";
  readonly adapter: string;
  readonly software: boolean;
  readonly maxLength: number;
  readonly hostMemory = false;
  readonly blocks = { live: 0, pooled: 0 };
  readonly device: GPUDevice;
  readonly recorder: Recorder;
  onError: ((message: string) => void) | undefined;
  lost: string | undefined;
  #closed = false;
  readonly #pool = new Map<number, GPUBuffer[]>();
  readonly #bytes = { live: 0, pooled: 0 };
  readonly #staging: GPUBuffer[] = [];

  constructor(
    readonly gpu: GpuJs,
    { adapter, device }: WebGpuContext,
  ) {
    this.device = device;
    this.recorder = new Recorder(device);
    const { vendor, architecture, description } = adapter.info;
    this.adapter = description || [vendor, architecture].filter((word) => word !== "").join(" ") || "unnamed adapter";
    const fallback = (adapter.info as { isFallbackAdapter?: boolean }).isFallbackAdapter === true;
    this.software = fallback || /swiftshader|llvmpipe|basic render/i.test(`${this.adapter} ${architecture}`);
    this.maxLength = Math.min(device.limits.maxStorageBufferBindingSize, device.limits.maxBufferSize) / 4;
    device.onuncapturederror = ({ error }) => {
      const full = error.constructor.name === "GPUOutOfMemoryError";
      this.onError?.(full ? "the GPU has no memory left: make the batch or the model smaller" : error.message);
    };
    device.lost.then(({ reason, message }) => {
      if (!this.#closed) this.lost = message || reason;
    });
  }

  compile(spec: KernelSpec): Program {
    const { kernel } = this.gpu.createKernel<WebGpuState>(spec.source, {
      ...KERNEL_SETTINGS,
      functions: [...spec.helpers],
      argumentTypes: argumentTypes(spec, "WebGPUBuffer"),
      returnType: returnType(spec),
      output: spec.axes === 1 ? [1] : [1, 1, 1],
    });
    const sample = (type: ArgumentType) =>
      type === "int" || type === "float" ? 1 : { type: "WebGPUBuffer", output: [1] };
    const samples = spec.types.map(sample);
    return {
      get ready() {
        return kernel.built;
      },
      async prepare() {
        await kernel.build(...samples);
        kernel.outputBuffer?.destroy();
        kernel.outputBuffer = null;
      },
      run: (output, args) => [this.#run(kernel, output, args, spec.gives)],
    };
  }

  #run(kernel: WebGpuState, output: readonly number[], args: readonly (Block | number)[], gives: 1 | 4): Block {
    const result = this.take(output.reduce((product, n) => product * n, gives));
    const { groups, width } = this.#groups(kernel, output);
    const { arrayArgs, scalarArgs, byteLength } = kernel.paramsLayout;
    const { ints, floats, at } = this.recorder.slot();
    ints.set([output[0], output[1] ?? 1, output[2] ?? 1, width], at);
    const buffers = arrayArgs.map(({ index, dimsOffset }) => {
      const { buffer, sizes } = args[index] as BufferBlock;
      const [x, y = 1, z = 1] = sizes;
      ints.set([x, y, z, x * y * z], at + dimsOffset / 4);
      return buffer;
    });
    for (const { index, offset, type } of scalarArgs) {
      if (type === "Integer") ints[at + offset / 4] = args[index] as number;
      else floats[at + offset / 4] = args[index] as number;
    }
    buffers.push(result.buffer);
    this.recorder.run(kernel.computePipeline, kernel.bindGroupLayout, byteLength, buffers, groups);
    return result;
  }

  /** Groups of threads along each axis; where x has too many of them, they go on along y, in rows of `width` threads. */
  #groups({ workgroupSize }: WebGpuState, output: readonly number[]): { groups: number[]; width: number } {
    const most = this.device.limits.maxComputeWorkgroupsPerDimension;
    const groups = [0, 1, 2].map((axis) => Math.ceil((output[axis] ?? 1) / workgroupSize[axis]));
    if (output.length > 1) return { groups, width: 0 };
    groups[1] = Math.ceil(groups[0] / most);
    groups[0] = Math.ceil(groups[0] / groups[1]);
    return { groups, width: groups[0] * workgroupSize[0] };
  }

  compileWgsl(spec: WgslSpec): Program {
    return new NativeProgram(this, spec);
  }

  /** A block with undefined content, for so many elements. */
  take(length: number): BufferBlock {
    const size = bufferSize(length);
    this.blocks.live++;
    this.#bytes.live += size;
    const reused = this.#pool.get(size)?.pop();
    if (reused !== undefined) {
      this.blocks.pooled--;
      this.#bytes.pooled -= size;
      return new BufferBlock(reused, length);
    }
    const usage = USAGE.storage | USAGE.copySource | USAGE.copyTarget;
    return new BufferBlock(this.device.createBuffer({ size, usage }), length);
  }

  free(block: Block): void {
    const { buffer } = block as BufferBlock;
    const { size } = buffer;
    this.blocks.live--;
    this.#bytes.live -= size;
    if (this.#bytes.pooled + size > Math.max(POOL_BYTES, this.#bytes.live)) {
      this.recorder.flush();
      buffer.destroy();
      return;
    }
    const pool = this.#pool.get(size);
    if (pool === undefined) this.#pool.set(size, [buffer]);
    else pool.push(buffer);
    this.blocks.pooled++;
    this.#bytes.pooled += size;
  }

  shaped(block: Block, sizes: readonly number[]): Block {
    return new BufferBlock((block as BufferBlock).buffer, block.length, sizes);
  }

  make(values: Float32Array): Block {
    const block = this.take(values.length);
    this.write(block, 0, values);
    return block;
  }

  write(block: Block, start: number, values: Float32Array): void {
    this.recorder.write((block as BufferBlock).buffer, start * 4, values);
  }

  copyInto(block: Block, start: number, source: Block, length: number): void {
    this.recorder.copy((source as BufferBlock).buffer, 0, (block as BufferBlock).buffer, start * 4, length * 4);
  }

  async read(block: Block, start: number, length: number): Promise<Float32Array> {
    const bytes = length * 4;
    const staging = this.#takeStaging(bufferSize(length));
    this.recorder.copy((block as BufferBlock).buffer, start * 4, staging, 0, bytes);
    this.recorder.flush();
    try {
      await staging.mapAsync(MAP_MODE_READ, 0, bytes);
      const values = new Float32Array(staging.getMappedRange(0, bytes).slice(0));
      staging.unmap();
      if (this.#staging.length < MAX_STAGING) this.#staging.push(staging);
      else staging.destroy();
      return values;
    } catch (error) {
      staging.destroy();
      throw error;
    }
  }

  /** A buffer that the host can read: one that was used before, or a new one. */
  #takeStaging(size: number): GPUBuffer {
    const at = this.#staging.findIndex((buffer) => buffer.size === size);
    if (at >= 0) return this.#staging.splice(at, 1)[0];
    return this.device.createBuffer({ size, usage: USAGE.mapRead | USAGE.copyTarget });
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.recorder.flush();
    for (const pool of [...this.#pool.values(), this.#staging]) for (const buffer of pool) buffer.destroy();
    this.#pool.clear();
    await this.gpu.destroy();
  }
}

/** A kernel written in WGSL. */
class NativeProgram implements Program {
  #pipeline: GPUComputePipeline | undefined;
  #layout: GPUBindGroupLayout | undefined;
  #preparing: Promise<void> | undefined;

  constructor(
    readonly backend: WebGpuBackend,
    readonly spec: WgslSpec,
  ) {}

  get ready(): boolean {
    return this.#pipeline !== undefined;
  }

  prepare(): Promise<void> {
    this.#preparing ??= this.#compile();
    return this.#preparing;
  }

  async #compile(): Promise<void> {
    const { device } = this.backend;
    const module = device.createShaderModule({ label: this.spec.name, code: this.spec.code });
    const pipeline = await device.createComputePipelineAsync({ layout: "auto", compute: { module } });
    this.#layout = pipeline.getBindGroupLayout(0);
    this.#pipeline = pipeline;
  }

  run(groups: readonly number[], args: readonly (Block | number)[], lengths: readonly number[]): Block[] {
    const types = this.spec.numbers;
    const { recorder } = this.backend;
    const { ints, floats, at } = recorder.slot();
    const buffers: GPUBuffer[] = [];
    let numbers = 0;
    for (const arg of args) {
      if (typeof arg !== "number") buffers.push((arg as BufferBlock).buffer);
      else if (types[numbers] === "int") ints[at + numbers++] = arg;
      else floats[at + numbers++] = arg;
    }
    const blocks = lengths.map((length) => this.backend.take(length));
    for (const { buffer } of blocks) buffers.push(buffer);
    recorder.run(this.#pipeline!, this.#layout!, Math.ceil(numbers / 4) * 16, buffers, groups);
    return blocks;
  }
}

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

const FOREIGN_FUNCTIONS = "koffi";

interface Host {
  navigator?: { gpu?: GPU };
  process?: { platform?: string; versions?: { node?: string } };
}

const inNode = () => (globalThis as Host).process?.versions?.node !== undefined;

/** In Node, WebGPU comes from the package `webgpu` (Dawn); a browser brings its own. */
async function findWebGpu(): Promise<GPU> {
  const host = globalThis as Host;
  if (host.navigator?.gpu !== undefined) return host.navigator.gpu;
  if (!inNode()) throw new Error("this browser has no WebGPU (navigator.gpu)");
  await assertVulkan(host);
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

/**
 * On Linux, Dawn needs the Vulkan loader, and where that is missing it prints a warning of its own. Errors: it is missing.
 * Whether it is there cannot be told without the optional package koffi; then Dawn is asked.
 */
async function assertVulkan({ process }: Host): Promise<void> {
  if (process?.platform !== "linux") return;
  const koffi = await import(/* @vite-ignore */ FOREIGN_FUNCTIONS).catch(() => undefined);
  if (koffi === undefined) return;
  const { load } = (koffi.default ?? koffi) as { load(name: string): { unload(): void } };
  try {
    load("libvulkan.so.1").unload();
  } catch {
    throw new Error("libvulkan.so.1 is missing: install libvulkan1 (or vulkan-loader) and the card's driver");
  }
}
