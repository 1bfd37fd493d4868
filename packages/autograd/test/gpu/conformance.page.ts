import { createGpuDevice, type GpuDevice, type GpuInfo, type GpuStats } from "../../src/devices/gpu/device.ts";
import type { BackendName } from "../../src/devices/gpu/gpujs.ts";
import { casesFor } from "../conformance/cases/index.ts";
import type { Tolerance } from "../conformance/check.ts";
import { ownKernelResults } from "./ownKernels.ts";
import { takeSteps } from "./steps.ts";

/** What the tests call in the page. */
export interface ConformancePage {
  ready: boolean;
  open(backend: BackendName): Promise<GpuInfo>;
  /** The error of one case, by its place among those for the device. */
  runCase(place: number, tolerance: Tolerance): Promise<string | undefined>;
  takeSteps(): Promise<GpuStats[]>;
  ownKernelResults(): Promise<number[][]>;
}

let device: GpuDevice;

const page = globalThis as unknown as ConformancePage;

page.open = async (backend) => {
  device = await createGpuDevice({ backend });
  return device.info();
};

page.runCase = async (place, tolerance) => {
  try {
    await casesFor(device)[place].run(device, tolerance);
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
};

page.takeSteps = () => takeSteps(device);
page.ownKernelResults = () => ownKernelResults(device);

page.ready = true;
