import {
  argumentTypes,
  type Backend,
  type Block,
  CLOSED,
  FULL,
  KERNEL_SETTINGS,
  type Program,
  returnType,
  type WgslSpec,
} from "../backend.ts";
import type { GpuJs } from "../gpujs.ts";
import type { ArgumentType, KernelSpec } from "../kernel.ts";
import type { GpuJsLibrary, WebGpuContext } from "../library.ts";
import { MAP_MODE_READ, MAX_BYTES, Recorder, USAGE } from "./recorder.ts";

/** A buffer, and the sizes by which a kernel indexes it, from the last axis on. */
class BufferBlock implements Block {
  readonly buffer: GPUBuffer;
  readonly length: number;
  readonly sizes: readonly number[];

  constructor(buffer: GPUBuffer, length: number, sizes: readonly number[] = [length]) {
    this.buffer = buffer;
    this.length = length;
    this.sizes = sizes;
  }
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
  readonly gpu: GpuJs;
  readonly name = "webgpu";
  readonly adapter: string;
  readonly software: boolean;
  readonly maxLength: number;
  readonly blocks = { live: 0, pooled: 0 };
  readonly device: GPUDevice;
  readonly recorder: Recorder;
  onError: ((message: string) => void) | undefined;
  lost: string | undefined;
  readonly #live = new Set<GPUBuffer>();
  readonly #pool = new Map<number, GPUBuffer[]>();
  readonly #bytes = { live: 0, pooled: 0 };
  readonly #staging: GPUBuffer[] = [];
  /** Buffers for which there was no memory: nothing can be done with them. */
  readonly #invalid = new WeakSet<GPUBuffer>();
  /** Allocations of which the GPU has not said yet whether there was memory. */
  readonly #unconfirmed = new Set<Promise<void>>();

  constructor(gpu: GpuJs, { adapter, device }: WebGpuContext) {
    this.gpu = gpu;
    this.device = device;
    this.recorder = new Recorder(device);
    const { vendor, architecture, description } = adapter.info;
    this.adapter = description || [vendor, architecture].filter((word) => word !== "").join(" ") || "unnamed adapter";
    const fallback = (adapter.info as { isFallbackAdapter?: boolean }).isFallbackAdapter === true;
    this.software = fallback || /swiftshader|llvmpipe|basic render/i.test(`${this.adapter} ${architecture}`);
    const { maxStorageBufferBindingSize, maxBufferSize } = device.limits;
    this.maxLength = Math.floor(Math.min(maxStorageBufferBindingSize, maxBufferSize) / 4);
    device.onuncapturederror = ({ error }) => {
      const full = error.constructor.name === "GPUOutOfMemoryError";
      this.onError?.(full ? FULL : describeError(error.message));
    };
    device.lost.then(({ reason, message }) => {
      this.lost ??= message || reason;
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
        checkNumbers(kernel.paramsLayout.byteLength);
        nameInErrors(spec.name, kernel.computePipeline, kernel.bindGroupLayout);
      },
      run: (output, args) => [this.#run(kernel, output, args, spec)],
    };
  }

  #run(
    kernel: WebGpuState,
    output: readonly number[],
    args: readonly (Block | number)[],
    { name, gives }: KernelSpec,
  ): Block {
    const { groups, width } = this.#groups(kernel, output);
    this.checkGroups(groups);
    const length = output.reduce((product, n) => product * n, gives);
    const result = this.take(length, name);
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

  /** Errors: more groups of threads along an axis than the GPU can count. */
  checkGroups(groups: readonly number[]): void {
    const most = this.device.limits.maxComputeWorkgroupsPerDimension;
    if (Math.max(...groups) <= most) return;
    throw new RangeError(
      `its result takes ${groups.join(" x ")} groups of threads, and this GPU allows ${most} along an axis: ` +
        "make the last axis the longest, or the batch smaller",
    );
  }

  compileWgsl(spec: WgslSpec): Program {
    return new NativeProgram(this, spec);
  }

  /** A block with undefined content, for so many elements. `op` is for whose result it is. */
  take(length: number, op: string): BufferBlock {
    const size = Math.min(bufferSize(length), this.maxLength * 4);
    const buffer = this.#fromPool(size) ?? this.#create(size, USAGE.storage | USAGE.copySource | USAGE.copyTarget, op);
    this.blocks.live++;
    this.#bytes.live += size;
    this.#live.add(buffer);
    return new BufferBlock(buffer, length);
  }

  #fromPool(size: number): GPUBuffer | undefined {
    const reused = this.#pool.get(size)?.pop();
    if (reused === undefined) return undefined;
    this.blocks.pooled--;
    this.#bytes.pooled -= size;
    return reused;
  }

  /** WebGPU gives a buffer in any case, and tells later that there was no memory for it: then reading says so. */
  #create(size: number, usage: number, op: string): GPUBuffer {
    this.device.pushErrorScope("out-of-memory");
    const buffer = this.device.createBuffer({ label: op, size, usage });
    const confirmed = this.device.popErrorScope().then(
      (error) => {
        if (error !== null) this.#refused(buffer, op);
      },
      // There is no answer where the GPU is lost, which is reported by itself.
      () => {},
    );
    this.#unconfirmed.add(confirmed);
    confirmed.finally(() => this.#unconfirmed.delete(confirmed));
    return buffer;
  }

  #refused(buffer: GPUBuffer, op: string): void {
    this.#invalid.add(buffer);
    this.onError?.(`${op}: ${FULL} (${buffer.size} bytes were asked for)`);
    // What is kept for reuse may be what is missing.
    this.#emptyPool();
  }

  #emptyPool(): void {
    this.recorder.flush();
    for (const buffers of this.#pool.values()) for (const buffer of buffers) buffer.destroy();
    this.#pool.clear();
    this.blocks.pooled = 0;
    this.#bytes.pooled = 0;
  }

  free(block: Block): void {
    const { buffer } = block as BufferBlock;
    const { size } = buffer;
    this.blocks.live--;
    this.#bytes.live -= size;
    this.#live.delete(buffer);
    const full = this.#bytes.pooled + size > Math.max(POOL_BYTES, this.#bytes.live);
    if (full || this.#invalid.has(buffer) || this.lost !== undefined) {
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
    const block = this.take(values.length, "upload");
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
      await Promise.all(this.#unconfirmed);
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
    return this.#create(size, USAGE.mapRead | USAGE.copyTarget, "read");
  }

  /** The GPU itself stays open: all of gpu.js's instances share it. */
  async close(): Promise<void> {
    this.lost ??= CLOSED;
    this.#emptyPool();
    for (const buffer of [...this.#live, ...this.#staging]) buffer.destroy();
    this.#live.clear();
    this.#staging.length = 0;
    this.recorder.destroy();
    await this.gpu.destroy();
  }
}

/** Errors: more numbers than there is room for in one run's parameters. */
function checkNumbers(bytes: number): void {
  if (bytes <= MAX_BYTES) return;
  throw new RangeError(
    `it takes ${bytes / 4} numbers, and there is room for ${MAX_BYTES / 4}: use tensors of fewer axes`,
  );
}

/** Has the browser's own messages say whose pipeline, or whose arguments, they are about. */
function nameInErrors(op: string, ...objects: { label: string }[]): void {
  for (const object of objects) object.label = op;
}

/** A message of WebGPU in one line, which begins with the op that it names. */
export function describeError(message: string): string {
  const op = /\[(?:Invalid )?(?:ComputePipeline|BindGroupLayout|ShaderModule|Buffer) "([^"]+)"/.exec(message)?.[1];
  const line = message.trim().replace(/\s*\n\s*/g, " ");
  return op === undefined ? line : `${op}: ${line}`;
}

/** A kernel written in WGSL. */
class NativeProgram implements Program {
  readonly backend: WebGpuBackend;
  readonly spec: WgslSpec;
  #pipeline: GPUComputePipeline | undefined;
  #layout: GPUBindGroupLayout | undefined;
  #preparing: Promise<void> | undefined;

  constructor(backend: WebGpuBackend, spec: WgslSpec) {
    this.backend = backend;
    this.spec = spec;
    checkNumbers(spec.numbers.length * 4);
  }

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
    nameInErrors(this.spec.name, pipeline, this.#layout);
    this.#pipeline = pipeline;
  }

  run(groups: readonly number[], args: readonly (Block | number)[], lengths: readonly number[]): Block[] {
    const types = this.spec.numbers;
    const { recorder } = this.backend;
    this.backend.checkGroups(groups);
    const { ints, floats, at } = recorder.slot();
    const buffers: GPUBuffer[] = [];
    let numbers = 0;
    for (const arg of args) {
      if (typeof arg !== "number") buffers.push((arg as BufferBlock).buffer);
      else if (types[numbers] === "int") ints[at + numbers++] = arg;
      else floats[at + numbers++] = arg;
    }
    const blocks = lengths.map((length) => this.backend.take(length, this.spec.name));
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
        ? "no graphics driver offers an adapter: install the card's driver, and in a container pass the card on"
        : "this browser offers no adapter (in Chromium: chrome://gpu says why, --enable-unsafe-webgpu allows more)",
    );
  }
  const context = await library.WebGPUContext.acquire();
  return new WebGpuBackend(new library.GPU({ mode: "webgpu" }), context);
}

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
  const { loadDawn } = await import("./dawn.ts");
  const gpu = await loadDawn();
  // Where gpu.js looks for it.
  if (host.navigator === undefined) {
    Object.defineProperty(globalThis, "navigator", { value: { gpu }, configurable: true });
  } else {
    Object.defineProperty(host.navigator, "gpu", { value: gpu, configurable: true });
  }
  return gpu;
}
