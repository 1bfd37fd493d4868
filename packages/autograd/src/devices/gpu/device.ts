import { type Device, Storage, type Strided } from "../../device.ts";
import { registerDevice } from "../../devices.ts";
import { type DType, FLOAT, isFloat, type TypedArray } from "../../dtypes.ts";
import { sizeOf } from "../../shape.ts";
import type { Backend } from "./backend.ts";
import { openWebAssembly } from "./backends/webasm.ts";
import { openWebGl2 } from "./backends/webgl2.ts";
import { openWebGpu } from "./backends/webgpu.ts";
import { assertNoClosure } from "./closures.ts";
import type { BackendName } from "./gpujs.ts";
import type { KernelSpec } from "./kernel.ts";
import * as attention from "./kernels/attention.ts";
import * as crossEntropy from "./kernels/crossEntropy.ts";
import * as elementwise from "./kernels/elementwise.ts";
import * as fused from "./kernels/fused.ts";
import * as indexing from "./kernels/indexing.ts";
import * as layerNorm from "./kernels/layerNorm.ts";
import { matmul } from "./kernels/matmul.ts";
import * as optim from "./kernels/optim.ts";
import * as random from "./kernels/random.ts";
import * as reductions from "./kernels/reductions.ts";
import * as rows from "./kernels/rows.ts";
import { type GpuJsLibrary, loadGpuJs } from "./library.ts";
import { type Box, messageOf, type Product, Runtime } from "./runtime.ts";
import { store } from "./store.ts";

/** Which way of gpu.js to run kernels is in use, on what hardware, and why no better one is. */
export interface GpuInfo {
  readonly backend: BackendName;
  readonly adapter: string;
  /** The kernel that multiplies matrices, and whether kernels in WebGPU's own language stand in for several of gpu.js's. */
  readonly product: Product;
  /** Why it is a simpler one than the backend could have; undefined where it is not, or was asked for. */
  readonly productReason: string | undefined;
  readonly fused: boolean;
  readonly reasons: Readonly<Partial<Record<BackendName, string>>>;
}

/** What the gpu device holds and has compiled. */
export interface GpuStats {
  /** Blocks of memory that hold values, and blocks that are kept to be used again. */
  readonly liveBlocks: number;
  readonly pooledBlocks: number;
  /** Kernels compiled so far: one for each op and number of axes, whatever the shapes. (gpu.js's WebAssembly compiles a module of each for a new size.) */
  readonly compiledKernels: number;
  /** Kernels run so far. */
  readonly launches: number;
}

export interface GpuDevice extends Device {
  info(): GpuInfo;
  stats(): GpuStats;
  /** Runs a kernel that was made outside of this device; see `defineKernel`. Operands begin their storages. */
  runKernel(spec: KernelSpec, out: Strided, args: readonly (Strided | number)[]): void;
  /** Whether the GPU is gone: reset by the system, unplugged, taken away by the browser, or closed. */
  isLost(): boolean;
  /** Gives everything back. Tensors on the device are lost. */
  close(): Promise<void>;
}

const OPEN: Record<BackendName, (library: GpuJsLibrary) => Promise<Backend>> = {
  webgpu: openWebGpu,
  webgl2: openWebGl2,
  webasm: openWebAssembly,
};

export interface GpuOptions {
  /** The one to use, or nothing. */
  readonly backend?: BackendName;
  /**
   * Whether kernels written in WebGPU's own language, which the other backends have not, stand in for several of gpu.js's:
   * attention without stored scores, rows at once, AdamW in place. Unless said otherwise, where the adapter is hardware.
   */
  readonly fused?: boolean;
  /**
   * The kernel that multiplies matrices, to compare them: one element a thread, four, or tiles in shared memory, which only
   * WebGPU has. The last of them that there is, unless said otherwise.
   */
  readonly product?: Product;
}

/** Best first. */
const ORDER: readonly BackendName[] = ["webgpu", "webgl2", "webasm"];

/**
 * A device on the best backend that there is, or on the one asked for. Each has to get a small product right first.
 *
 * What to know of it: int32 values are floats inside, and so exact up to 2^24. WebGPU and WebGL promise nothing for NaN. An
 * index outside its axis, as everything else that fails on the way, is told at the next read.
 *
 * Errors: the backend asked for cannot be had; the message says why.
 */
export async function createGpuDevice(options: GpuOptions = {}): Promise<GpuDevice> {
  const library = await loadGpuJs();
  const reasons: Partial<Record<BackendName, string>> = {};
  for (const name of options.backend ? [options.backend] : ORDER) {
    let backend: Backend | undefined;
    try {
      backend = await OPEN[name](library);
      const runtime = new Runtime(backend);
      if (backend.compileWgsl === undefined) {
        if (options.product === "tiled") throw new Error("it has no tiled product");
        if (options.fused) throw new Error("it has no fused kernels");
      }
      await prove(deviceOn(runtime, reasons), runtime, options.product);
      const hardware = runtime.product === "tiled" && !backend.software;
      runtime.fused = backend.compileWgsl !== undefined && (options.fused ?? hardware);
      return deviceOn(runtime, reasons);
    } catch (error) {
      reasons[name] = messageOf(error);
      // That there is none is usual, and `gpuInfo()` says why; that one is there and fails is not.
      if (backend !== undefined && options.backend === undefined) warn(`${name} is there, but fails: ${reasons[name]}`);
      await backend?.close();
    }
  }
  if (options.backend === undefined) {
    const all = Object.entries(reasons).map(([name, reason]) => `no ${name}: ${reason}`);
    throw new Error(`gpu: no backend works here: ${all.join("; ")}`);
  }
  throw new Error(
    `gpu: the backend ${options.backend} cannot be had: ${reasons[options.backend]}; ` +
      "ask for no particular one to get the best that works, or take the cpu device",
  );
}

function warn(message: string): void {
  console.warn(`gpu: ${message}`);
}

/** What takes a product's place where it fails. */
const SIMPLER: Readonly<Partial<Record<Product, Product>>> = { tiled: "blocked", blocked: "plain" };

/**
 * Has the device multiply two small matrices; where a kernel fails at that, a simpler one has to do, and it is told, unless it was
 * asked for. Errors: it comes out wrong.
 */
async function prove(device: Device, runtime: Runtime, wanted?: Product): Promise<void> {
  if (wanted !== undefined) runtime.product = wanted;
  try {
    await multiplyOnce(device);
  } catch (error) {
    const simpler = SIMPLER[runtime.product];
    if (wanted !== undefined || simpler === undefined) throw error;
    runtime.productReason = `the ${runtime.product} product fails: ${messageOf(error)}`;
    runtime.product = simpler;
    warn(`${runtime.productReason}; products are ${simpler}, and slower`);
    await prove(device, runtime);
  }
}

/** More than one tile of everything, and whole numbers, so that there is one right answer. */
async function multiplyOnce(device: Device): Promise<void> {
  const [m, inner, n] = [35, 19, 37];
  const make = (shape: number[], value: (i: number) => number) => {
    const storage = device.allocate(shape[0] * shape[1], FLOAT);
    const values = Float32Array.from({ length: storage.length }, (_, i) => value(i));
    device.upload(storage, values, 0);
    return { values, storage, shape, strides: [shape[1], 1], offset: 0 };
  };
  const a = make([m, inner], (i) => ((i * 7) % 11) - 5);
  const b = make([inner, n], (i) => ((i * 5) % 13) - 6);
  const out = make([m, n], () => 0);
  device.matmul(out, a, b, false);
  const product = await device.download(out.storage, 0, m * n);
  for (const { storage } of [a, b, out]) device.release(storage);
  for (let i = 0; i < m * n; i++) {
    let sum = 0;
    for (let p = 0; p < inner; p++) sum += a.values[Math.floor(i / n) * inner + p] * b.values[p * n + (i % n)];
    if (product[i] !== sum) throw new Error(`a small product came out wrong: ${product[i]} in place of ${sum}`);
  }
}

/** What a kernel takes beside the runtime. */
type ArgsOf<Kernel> = Kernel extends (runtime: Runtime, ...args: infer Args) => void ? Args : never;

/** The device of a runtime. `reasons`: why there is no better backend. */
export function deviceOn(runtime: Runtime, reasons: GpuInfo["reasons"] = {}): GpuDevice {
  const { backend } = runtime;
  const boxOf = (storage: Storage) => storage.handle as Box;
  /** A kernel of this directory as a method of the device. */
  const method =
    <Args extends readonly unknown[]>(run: (runtime: Runtime, ...args: Args) => void) =>
    (...args: Args): void =>
      run(runtime, ...args);

  /** Every one of a file. */
  const methods = <File extends Readonly<Record<string, (runtime: Runtime, ...args: never[]) => void>>>(file: File) =>
    Object.fromEntries(Object.entries(file).map(([name, run]) => [name, method(run)])) as unknown as {
      [Name in keyof File]: (...args: ArgsOf<File[Name]>) => void;
    };

  const device: GpuDevice = {
    name: "gpu",
    hostMemory: false,

    info: () => ({
      backend: backend.name,
      adapter: backend.adapter,
      product: runtime.product,
      productReason: runtime.productReason,
      fused: runtime.fused,
      reasons: { ...reasons },
    }),
    stats: () => ({
      liveBlocks: backend.blocks.live,
      pooledBlocks: backend.blocks.pooled,
      compiledKernels: runtime.compiledKernels,
      launches: runtime.launches,
    }),
    isLost: () => backend.lost !== undefined,
    close: () => backend.close(),

    runKernel(spec, out, args) {
      assertNoClosure(spec);
      const sizes = out.shape.length <= 1 ? [sizeOf(out.shape)] : [...out.shape].reverse();
      while (spec.axes === 3 && sizes.length < 3) sizes.push(1);
      const values = args.map((arg) => {
        if (typeof arg === "number") return arg;
        const box = boxOf(arg.storage);
        return arg.shape.length <= 1 ? box : { box, sizes: [...arg.shape].reverse() };
      });
      store(runtime, out, runtime.launch(spec, sizes, values));
    },

    allocate(length: number, dtype: DType): Storage {
      runtime.assertFits(length, "a tensor");
      return new Storage(device, dtype, length, runtime.box(length));
    },
    release(storage) {
      runtime.free(boxOf(storage));
    },
    upload(storage, values, start) {
      if (values.length === 0) return;
      const copy = Float32Array.from(values);
      if (runtime.upload(boxOf(storage), start, copy)) return;
      const part = { storage, shape: [copy.length], strides: [1], offset: start };
      store(runtime, part, runtime.make(copy));
    },
    async download(storage, start, length): Promise<TypedArray> {
      const values = length === 0 ? new Float32Array(0) : await runtime.read(boxOf(storage), start, length);
      return isFloat(storage.dtype) ? values : Int32Array.from(values);
    },
    downloadSync() {
      throw new Error("gpu: values cannot be read at once: use the asynchronous reads (await t.array(), t.item(), …)");
    },

    copy: method(elementwise.copy),
    fill: method(elementwise.fill),
    unary: method(elementwise.unary),
    unaryGrad: method(elementwise.unaryGrad),
    binary: method(elementwise.binary),
    where: method(elementwise.where),

    reduce: method(reductions.reduce),
    argReduce: method(reductions.argReduce),
    cumsum: method(reductions.cumsum),
    topk: method(reductions.topk),

    matmul: method(matmul),

    gather: method(indexing.gather),
    scatterAdd: method(indexing.scatterAdd),
    indexSelect: method(indexing.indexSelect),
    indexAdd: method(indexing.indexAdd),

    uniform: method(random.uniform),
    normal: method(random.normal),
    dropout: method(random.dropout),

    softmax: method(rows.softmax),
    softmaxGrad: method(rows.softmaxGrad),
    logSoftmax: method(rows.logSoftmax),
    logSoftmaxGrad: method(rows.logSoftmaxGrad),
    layerNorm: method(layerNorm.layerNorm),
    layerNormGrad: method(layerNorm.layerNormGrad),
    crossEntropy: method(crossEntropy.crossEntropy),
    crossEntropyGrad: method(crossEntropy.crossEntropyGrad),

    adamW: method(optim.adamW),

    ...methods(fused),
    ...(runtime.fused
      ? { attention: method(attention.attention), attentionGrad: method(attention.attentionGrad) }
      : undefined),
  };
  return device;
}

let opened: GpuDevice | undefined;

/** What was asked for last; the next one waits for it, as two at once would each take the other's place. */
let opening: Promise<unknown> = Promise.resolve();

/**
 * Opens the GPU, so that `model.to("gpu")` finds it. Opening it again gives the same device, unless something else than
 * that is asked for, or the GPU was lost or closed meanwhile. Errors: as `createGpuDevice`.
 */
export function openGpu(options: GpuOptions = {}): Promise<GpuDevice> {
  const next = opening.then(() => openNext(options));
  opening = next.catch(() => {});
  return next;
}

async function openNext(options: GpuOptions): Promise<GpuDevice> {
  if (opened !== undefined && !opened.isLost() && isWhatIsAsked(opened.info(), options)) return opened;
  const device = await createGpuDevice(options);
  await opened?.close();
  opened = device;
  registerDevice(device);
  return device;
}

function isWhatIsAsked(info: GpuInfo, options: GpuOptions): boolean {
  const asked = Object.entries(options) as [keyof GpuOptions, unknown][];
  return asked.every(([name, value]) => value === undefined || value === info[name]);
}

/** What the opened GPU runs on. Errors: none has been opened. */
export function gpuInfo(): GpuInfo {
  return openedGpu().info();
}

/** Memory and kernels of the opened GPU. Errors: none has been opened. */
export function gpuStats(): GpuStats {
  return openedGpu().stats();
}

function openedGpu(): GpuDevice {
  if (opened === undefined) throw new Error("gpu: not opened yet: call `await openGpu()` first");
  return opened;
}
