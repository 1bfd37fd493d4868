import { availableParallelism, totalmem } from "node:os";
import { cpuInfo, fusedKernels, gpuInfo, ones } from "@lectern/autograd";
import { defaultCacheFolder } from "@lectern/datasets/node";
import { findDevice } from "../device.ts";
import { DEVICES, type DeviceName } from "../options.ts";
import { output, table } from "../output.ts";
import { processorName } from "../processor.ts";
import { version } from "../version.ts";
import { defineCommand } from "./command.ts";

interface DeviceState {
  readonly device: DeviceName;
  readonly available: boolean;
  /** Why it is not available. */
  readonly reason?: string;
  /** What it computes with. */
  readonly details?: Readonly<Record<string, unknown>>;
}

/** `lectern info`: what there is to compute with, and why a device is missing. */
export const command = defineCommand({
  options: (yargs) => yargs.example("$0 info", "Which devices are there, and why one is not"),
  run: info,
});

async function info({ json }: { json: boolean }): Promise<void> {
  const out = output(json);
  const devices: DeviceState[] = [];
  for (const name of DEVICES) devices.push(await probe(name));
  const facts = {
    version,
    node: process.versions.node,
    platform: `${process.platform} ${process.arch}`,
    processor: processorName(),
    cores: availableParallelism(),
    memoryGB: Number((totalmem() / 2 ** 30).toFixed(1)),
    cacheFolder: defaultCacheFolder(),
  };
  out.say(
    table([
      ["Lectern", facts.version],
      ["Node", `${facts.node} on ${facts.platform}`],
      ["processor", `${facts.processor}, ${facts.cores} cores, ${facts.memoryGB} GB memory`],
      ["downloads", facts.cacheFolder],
    ]),
  );
  out.say("");
  out.say(table(devices.map((state) => [state.device, describe(state)])));
  for (const state of devices) out.event("device", state);
  out.event("done", facts);
}

/** Opens the device and multiplies two small matrices on it. */
async function probe(name: DeviceName): Promise<DeviceState> {
  try {
    await findDevice({ device: name });
    const sum = await ones([4, 4])
      .matmul(ones([4, 4]))
      .sum()
      .item();
    if (sum !== 64) throw new Error(`it computes wrongly (${sum} for 64)`);
    return { device: name, available: true, details: { ...details(name), ...fusedKernels(name) } };
  } catch (error) {
    return { device: name, available: false, reason: error instanceof Error ? error.message : String(error) };
  }
}

function details(name: DeviceName): Record<string, unknown> {
  if (name === "cpu") {
    const { memory: _, ...about } = cpuInfo();
    return about;
  }
  return name === "gpu" ? { ...gpuInfo() } : { precision: "float64" };
}

/** One line for people. */
function describe({ device, available, reason }: DeviceState): string {
  if (!available) return `not there: ${reason}`;
  if (device === "reference") return "plain TypeScript in double precision: slow, and right";
  return `${device === "cpu" ? describeCpu() : describeGpu()}; ${describeFused(device)}`;
}

function describeFused(device: DeviceName): string {
  const { fused, composed } = fusedKernels(device);
  const has = fused.length === 0 ? "no kernel is fused" : `fused: ${fused.join(", ")}`;
  return composed.length === 0 ? has : `${has}; composed of others: ${composed.join(", ")}`;
}

/** What the builds of the cpu device's kernels have. */
const SIMD = {
  plain: "",
  relaxed: " with fused multiply-add",
  widened: " with fused multiply-add, widened to 256 bits",
};

function describeCpu(): string {
  const { simd, threads, threadsReason, blas, blasReason } = cpuInfo();
  const kernels = `WebAssembly SIMD${SIMD[simd]}`;
  const workers = `threads: ${threads}${threadsReason === undefined ? "" : ` (${threadsReason})`}`;
  return `${kernels}; ${workers}; BLAS: ${blas ?? `none (${blasReason})`}`;
}

function describeGpu(): string {
  const { backend, adapter, productReason, reasons } = gpuInfo();
  const others = Object.entries(reasons).map(([name, why]) => `; no ${name}: ${why}`);
  return `${backend} on ${adapter}${productReason === undefined ? "" : `; ${productReason}`}${others.join("")}`;
}
