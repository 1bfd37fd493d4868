import {
  createGpuDevice,
  type GpuDevice,
  type GpuInfo,
  type GpuOptions,
  type GpuStats,
} from "../../src/devices/gpu/device.ts";
import { cases } from "../conformance/cases/index.ts";
import type { Tolerance } from "../conformance/check.ts";
import { ownKernelResults } from "./ownKernels.ts";
import { takeSteps } from "./steps.ts";

/** What the tests call in the page. */
export interface ConformancePage {
  ready: boolean;
  open(options: GpuOptions): Promise<GpuInfo>;
  /** The error of one case, by its place among all. */
  runCase(place: number, tolerance: Tolerance): Promise<string | undefined>;
  takeSteps(): Promise<GpuStats[]>;
  ownKernelResults(): Promise<number[][]>;
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

page.takeSteps = () => takeSteps(device);
page.ownKernelResults = () => ownKernelResults(device);

page.ready = true;
