import { cpuInfo, gpuInfo, setBlas, setThreads } from "@lectern/autograd";
import { findDevice } from "../device.ts";
import { measureGeneration } from "./generation.ts";
import { measureAttention, measureProducts } from "./kernels.ts";
import type { Case, Job, Measurement, Settings } from "./measurement.ts";
import { residentPeakMB } from "./processMemory.ts";
import { profileStep } from "./profile.ts";
import { measureStartup } from "./startup.ts";
import { measureScaling, measureTraining } from "./training.ts";
import { STEPS, stepSize, workloads } from "./workloads.ts";

/** Measures one workload in this process, which should have done nothing else before. */
export async function measure(job: Job): Promise<Measurement> {
  const baselineMB = residentPeakMB();
  if (job.threads !== undefined) setThreads(job.threads);
  if (!job.blas) setBlas(false);
  const device = await findDevice(job);
  const cases = await casesOf(job, device);
  const memory = { baselineMB, peakMB: residentPeakMB() };
  const profile = job.profile ? await profileStep(stepSize(job.workload), device, job.steps) : undefined;
  return { cases, memory, settings: settingsOf(job), profile };
}

async function casesOf({ workload, steps }: Job, device: Awaited<ReturnType<typeof findDevice>>): Promise<Case[]> {
  if (STEPS.includes(workload))
    return [await measureTraining("step", stepSize(workload), device, workloads.timing.training, steps)];
  switch (workload) {
    case "matmul":
      return measureProducts(steps);
    case "attention":
      return measureAttention(device, steps);
    case "generate":
      return measureGeneration(steps);
    case "gpt2":
      return (await import("./gpt2.ts")).measureGpt2(steps);
    case "startup":
      return measureStartup(steps);
    case "scaling":
      return measureScaling(device, steps);
    default:
      throw new Error(`there is no workload "${workload}"`);
  }
}

function settingsOf({ device }: Job): Settings {
  if (device === "gpu") {
    const { backend, adapter, product, fused, reasons } = gpuInfo();
    return { device, backend, adapter, product, fused, reasons };
  }
  if (device === "reference") return { device, threads: 1 };
  const { simd, threads, blas, memory } = cpuInfo();
  return { device, threads, simd, blas: blas ?? "none", reservedMB: memory.bytesReserved / 1e6 };
}
