import {
  createGpuDevice,
  type GpuDevice,
  type GpuInfo,
  type GpuOptions,
  type GpuStats,
  gpuInfo,
  openGpu,
} from "../../src/devices/gpu/device.ts";
import { loadGpuJs } from "../../src/devices/gpu/library.ts";
import { defineKernel, noGrad, ones, scope, type Tensor, type Thread } from "../../src/index.ts";
import { cases } from "../conformance/cases/index.ts";
import type { Tolerance } from "../conformance/check.ts";
import { GRAPHICS as PROGRAM_TOLERANCE, type Program, faultOf as programFault } from "../differential/program.ts";
import { numberCases } from "../numbers/index.ts";
import { faultOf } from "../numbers/numberCase.ts";
import { type GraphicsObjects, graphicsObjects } from "./graphicsObjects.ts";
import { layersToCome } from "./layersToCome.ts";
import { ownKernelResults } from "./ownKernels.ts";
import { takeSteps } from "./steps.ts";

/** What the tests call in the page. */
export interface ConformancePage {
  ready: boolean;
  open(options: GpuOptions): Promise<GpuInfo>;
  /** The error of one case, by its place among all. */
  runCase(place: number, tolerance: Tolerance): Promise<string | undefined>;
  /** What is wrong about one of the numbers that every device has to get right, by its place among all. */
  numberFault(place: number): Promise<string | undefined>;
  /** The first faults of random programs. */
  programFaults(programs: readonly Program[]): Promise<string[]>;
  takeSteps(): Promise<(GpuStats & GraphicsObjects)[]>;
  ownKernelResults(): Promise<number[][]>;
  layersToCome(): Promise<number[][]>;
  /** What the next two reads say after the GPU reports that its memory is full. */
  fillMemory(): Promise<string[]>;
  /** What they say when there is none for a buffer, and what is read of another tensor of that size afterwards. */
  refuseBuffer(): Promise<string[]>;
  /** What reading a kernel's result says that has more rows than a GPU can count. */
  readTooManyRows(): Promise<string>;
  /** What reading says after the GPU has been taken away, and what runs after it was opened anew. */
  loseGpu(): Promise<{ messages: string[]; backend: string }>;
}

let device: GpuDevice;

const page = globalThis as unknown as ConformancePage;

page.open = async (options) => {
  device = await createGpuDevice(options);
  return device.info();
};

page.runCase = async (place, tolerance) => {
  try {
    await cases[place].run(device, tolerance);
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
};

page.numberFault = (place) => faultOf(numberCases[place], device).catch((error) => String(error));

page.programFaults = async (programs) => {
  const faults: string[] = [];
  for (const program of programs) {
    const fault = await programFault(program, device, PROGRAM_TOLERANCE).catch(String);
    if (fault !== undefined && faults.length < 5) faults.push(fault);
  }
  return faults;
};

page.takeSteps = () => takeSteps(device, () => ({ ...device.stats(), ...graphicsObjects() }));
page.ownKernelResults = () => ownKernelResults(device);
page.layersToCome = () => layersToCome(device);

/** What is read, or what is said in its place. */
const told = (reading: Promise<unknown>) => reading.then(String, (error: Error) => error.message);

page.fillMemory = async () => {
  const x = ones([3], { device });
  if (device.info().backend === "webgpu") {
    const gpu = (await (await loadGpuJs()).WebGPUContext.acquire()).device;
    const error = new GPUOutOfMemoryError("full");
    gpu.dispatchEvent(new GPUUncapturedErrorEvent("uncapturederror", { error }));
  } else {
    const { prototype } = WebGL2RenderingContext;
    const { getError } = prototype;
    prototype.getError = () => {
      prototype.getError = getError;
      return prototype.OUT_OF_MEMORY;
    };
  }
  return [await told(x.array()), await told(x.array())];
};

page.refuseBuffer = async () => {
  const { prototype } = GPUDevice;
  const { popErrorScope } = prototype;
  prototype.popErrorScope = async function () {
    prototype.popErrorScope = popErrorScope;
    await popErrorScope.call(this);
    return new GPUOutOfMemoryError("full");
  };
  // A size that nothing else has, so that there is no buffer to use again.
  const length = 91_193;
  // In a list, for a promise of its own would ask for what a page does not have: a scope that stays open meanwhile.
  const sum = () => noGrad(() => scope(() => [ones([length], { device }).sum().item()]))[0];
  return [await told(sum()), await told(sum()), await told(sum())];
};

page.readTooManyRows = () => {
  const rows = defineKernel<[Tensor]>("rows", {
    kernel(this: Thread, x: number[]) {
      return x[0] + this.thread.y;
    },
    shape: () => [2 ** 20, 1],
  });
  return told(
    rows(ones([1], { device }))
      .sum()
      .item(),
  );
};

page.loseGpu = async () => {
  const { backend } = device.info();
  const contexts: WebGL2RenderingContext[] = [];
  const getContext = OffscreenCanvas.prototype.getContext as (this: OffscreenCanvas, ...args: unknown[]) => unknown;
  Object.assign(OffscreenCanvas.prototype, {
    getContext(this: OffscreenCanvas, ...args: unknown[]) {
      const context = getContext.apply(this, args);
      if (context instanceof WebGL2RenderingContext) contexts.push(context);
      return context;
    },
  });
  const gpu = await openGpu({ backend });
  const x = ones([3], { device: gpu });
  await x.array();
  if (backend === "webgpu") await (await loadGpuJs()).WebGPUContext.destroy();
  for (const context of contexts) context.getExtension("WEBGL_lose_context")?.loseContext();
  await new Promise((resolve) => setTimeout(resolve, 200));
  const messages: string[] = [];
  for (let i = 0; i < 2; i++) messages.push(await told(x.array()));
  const again = await openGpu({ backend });
  const sum = await ones([4], { device: again }).sum().item();
  if (sum !== 4) throw new Error(`after opening anew: ${sum}`);
  return { messages, backend: gpuInfo().backend };
};

page.ready = true;
