import { type Device, device, setDefaultDevice } from "@lectern/autograd";
import type { DeviceName } from "./options.ts";

/** Makes a device the one that new tensors are on. Errors: it is not there, with the reason. */
export async function openDevice(name: DeviceName): Promise<Device> {
  const opened = device(name);
  setDefaultDevice(opened);
  return opened;
}
