import { type Device, device, openGpu, setDefaultDevice } from "@lectern/autograd";
import type { DeviceName } from "./options.ts";

/** Makes a device the one that new tensors are on. Errors: it is not there, with the reason. */
export async function openDevice(name: DeviceName): Promise<Device> {
  const opened = name === "gpu" ? await openGpu() : device(name);
  setDefaultDevice(opened);
  return opened;
}
