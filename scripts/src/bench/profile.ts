import { type Device, ones, type ProfileRow, profile, scope } from "@lectern/autograd";
import { product } from "./kernels.ts";
import { time } from "./timing.ts";
import { trainingStep } from "./training.ts";
import { type LayerSize, type TrainingSize, workloads } from "./workloads.ts";

/** What the machine reaches at best: the two lines of a roofline (Williams, Waterman & Patterson, 2009). */
export interface Roofline {
  /** 10^9 floating-point operations a second, in a product of two large matrices. */
  readonly gflops: number;
  /** 10^9 bytes a second, read and written, in a copy that no cache holds. */
  readonly gbs: number;
}

/** One kernel under one op in one direction, in one step. */
export interface ProfiledKernel {
  readonly op: string;
  readonly kernel: string;
  readonly phase: ProfileRow["phase"];
  readonly calls: number;
  readonly ms: number;
  /** Of the step's time, 0 to 1. */
  readonly share: number;
  /** 0 where the kernel is no product: other arithmetic is not counted. */
  readonly gflops: number;
  readonly gbs: number;
  /** Which line of the roofline lies above it. */
  readonly bound: "compute" | "memory";
  /** How much it reaches of what the roofline allows, 0 to 1; above 1 where a cache holds the operands. */
  readonly ofRoof: number;
}

export interface StepProfile {
  readonly roofline: Roofline;
  /** Milliseconds of a step while it is being profiled. */
  readonly stepMs: number;
  /** What the kernels do not account for: the engine, and looking at the clock. */
  readonly outsideMs: number;
  readonly kernels: readonly ProfiledKernel[];
}

const LARGE_PRODUCT = 1024;
const LARGE_COPY = 16 * 2 ** 20;
/** How many steps are profiled unless told otherwise: until both are reached. */
const PROFILED = { runs: 5, ms: 1000 };

/** The machine's peaks, the best of several runs. */
export async function measureRoofline(device: Device): Promise<Roofline> {
  const n = LARGE_PRODUCT;
  const multiply = await time(product({ m: n, n, k: n, layout: "nn" }), workloads.timing.kernels);
  // Memory that nothing was written to need not exist: a machine can read all of it from one page.
  const values = ones([LARGE_COPY]);
  const copy = await time(() => {
    scope(() => {
      values.clone();
      device.finish?.();
    });
  }, workloads.timing.kernels);
  return { gflops: (2 * n ** 3) / multiply.minMs / 1e6, gbs: (2 * 4 * LARGE_COPY) / copy.minMs / 1e6 };
}

/** Where a row stands under the roofline. */
export function place(row: ProfileRow, stepMs: number, steps: number, { gflops: peak, gbs: peakGbs }: Roofline) {
  const { op, kernel, phase, ms, flops, bytes } = row;
  const gflops = ms > 0 ? flops / ms / 1e6 : 0;
  const gbs = ms > 0 ? bytes / ms / 1e6 : 0;
  // What has more arithmetic for each byte than the machine can feed is bound by arithmetic.
  const bound = flops / peak > bytes / peakGbs ? ("compute" as const) : ("memory" as const);
  const ofRoof = bound === "compute" ? gflops / peak : gbs / peakGbs;
  const perStep = { calls: row.calls / steps, ms: ms / steps, share: ms / steps / stepMs };
  return { op, kernel, phase, ...perStep, gflops, gbs, bound, ofRoof };
}

/** Where a step's time goes, the most expensive first. */
export async function profileStep(
  size: TrainingSize | LayerSize,
  device: Device,
  steps?: number,
): Promise<StepProfile> {
  const roofline = await measureRoofline(device);
  const step = trainingStep(size, device);
  for (let i = 0; i < workloads.timing.training.warmUp.runs; i++) await step();
  let [made, total] = [0, 0];
  const isEnough = () => (steps === undefined ? made >= PROFILED.runs && total >= PROFILED.ms : made >= steps);
  const rows = await profile(device, async () => {
    const start = performance.now();
    for (; !isEnough(); made++) {
      await step();
      total = performance.now() - start;
    }
  });
  const stepMs = total / made;
  const inside = rows.reduce((sum, { ms }) => sum + ms, 0) / made;
  const kernels = rows.map((row) => place(row, stepMs, made, roofline));
  return { roofline, stepMs, outsideMs: stepMs - inside, kernels };
}
