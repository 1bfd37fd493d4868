import { type Device, device, openGpu, setDefaultDevice } from "@lectern/autograd";
import { UsageError } from "./errors.ts";
import type { DeviceOptions } from "./options.ts";

/** Makes a device the one that new tensors are on. Errors: it is not there, with the reason. */
export async function openDevice({ device: name, gpuBackend }: DeviceOptions): Promise<Device> {
  if (gpuBackend !== undefined && name !== "gpu") throw new UsageError("--gpu-backend needs --device gpu");
  const opened = name === "gpu" ? await openGpu({ backend: gpuBackend }) : device(name);
  setDefaultDevice(opened);
  return opened;
}
