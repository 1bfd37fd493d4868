import { setImmediate as nextTask } from "node:timers/promises";
import { type Device, memoryUsage, resetPeakMemory } from "@lectern/autograd";

/** Frees what earlier cases have left behind. Gives what tells the most memory that tensors take from here on, in 10^6 bytes. */
export async function countTensors(device: Device): Promise<() => number> {
  await nextTask();
  device.reclaim?.();
  resetPeakMemory();
  const before = memoryUsage().bytes;
  return () => (memoryUsage().peakBytes - before) / 1e6;
}
