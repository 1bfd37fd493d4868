import { type Device, device, gpuInfo, openGpu, setDefaultDevice } from "@lectern/autograd";
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
  if (options.device === "gpu" && options.gpuBackend === undefined && gpuInfo().backend === "webasm") {
    const { webgpu } = gpuInfo().reasons;
    console.error(
      `gpu: there is none here (${webgpu}), so its kernels run on WebAssembly: --device cpu is many times as fast`,
    );
  }
  return opened;
}
