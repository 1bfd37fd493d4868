import type { Device } from "./device.ts";
import { cpuDevice } from "./devices/cpu/device.ts";
import { referenceDevice } from "./devices/reference/device.ts";

/** The devices that tensors can live on, by name. */
const devices = new Map<string, Device>([
  [referenceDevice.name, referenceDevice],
  [cpuDevice.name, cpuDevice],
]);

let current: Device = cpuDevice;

/** Makes a further device known by its name (`gpu` once it has been opened). */
export function registerDevice(device: Device): void {
  devices.set(device.name, device);
}

/** A device by name. Errors: an unknown name, or a GPU that has not been opened. */
export function device(name: string | Device): Device {
  if (typeof name !== "string") return name;
  const found = devices.get(name);
  if (found !== undefined) return found;
  const hint = name === "gpu" ? "open it first with `await openGpu()`" : `there are ${[...devices.keys()].join(", ")}`;
  throw new Error(`device: there is no "${name}": ${hint}`);
}

/** The device that new tensors are made on; `cpu` unless changed. */
export function defaultDevice(): Device {
  return current;
}

/** Tensors are made on this device from now on, unless another is named. Errors: there is none of that name. */
export function setDefaultDevice(name: string | Device): void {
  current = device(name);
}
