import { type Device, device, type GpuInfo, gpuInfo, openGpu, setDefaultDevice } from "@lectern/autograd";
import { checkDevice, type DeviceOptions } from "./options.ts";

/** Makes a device the one that new tensors are on. Errors: it is not there, with the reason. */
export async function findDevice(options: DeviceOptions): Promise<Device> {
  checkDevice(options);
  const { device: name, gpuBackend } = options;
  const opened = name === "gpu" ? await openGpu({ backend: gpuBackend }) : device(name);
  setDefaultDevice(opened);
  return opened;
}

/** The same; where a GPU is asked for and there is none, it says so on standard error, in one line. */
export async function openDevice(options: DeviceOptions): Promise<Device> {
  const opened = await findDevice(options);
  const told = options.device === "gpu" ? whyNoGpu(options, gpuInfo()) : undefined;
  if (told !== undefined) console.error(told);
  return opened;
}

/** What to tell who asked for a GPU where the gpu device does without one, unless they asked for that. */
export function whyNoGpu(
  { gpuBackend }: Pick<DeviceOptions, "gpuBackend">,
  { backend, reasons }: Partial<Pick<GpuInfo, "backend" | "reasons">>,
): string | undefined {
  if (gpuBackend !== undefined || backend !== "webasm") return undefined;
  const why = reasons?.webgpu === undefined ? "" : ` (${reasons.webgpu})`;
  return `gpu: there is none here${why}, so its kernels run on WebAssembly: --device cpu is many times as fast`;
}
