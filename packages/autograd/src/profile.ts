import type { Device, Strided } from "./device.ts";
import { bytesOf } from "./dtypes.ts";

/**
 * Where the time goes: while a profile is taken, each call of a device's kernel is timed and counted under the op that
 * made it and the direction it ran in, with its arithmetic and the memory it moves.
 */

export type Phase = "forward" | "backward" | "other";

/** What one kernel has cost, called by one op, on the way there or back. */
export interface ProfileRow {
  /** The op, or the kernel itself where no op called it (optimisers). */
  op: string;
  kernel: string;
  phase: Phase;
  calls: number;
  /** Milliseconds in the kernel, where the device computes at once. */
  ms: number;
  /** Floating-point operations; 0 for kernels that are bound by memory. */
  flops: number;
  /** Bytes read and written, each operand once. */
  bytes: number;
}

let current: { rows: Map<string, ProfileRow>; op: string | undefined; phase: Phase } | undefined;

/** Whether a profile is being taken. */
export function isObserving(): boolean {
  return current !== undefined;
}

/** Runs a part of an op under its name. Costs nothing while no profile is taken. */
export function observed<T>(op: string, phase: Phase, fn: () => T): T {
  if (current === undefined) return fn();
  const { op: outerOp, phase: outerPhase } = current;
  const profile = current;
  // What a backward rule is composed of belongs to the rule.
  if (outerPhase !== "backward") {
    profile.op = op;
    profile.phase = phase;
  }
  try {
    return fn();
  } finally {
    profile.op = outerOp;
    profile.phase = outerPhase;
  }
}

const isStrided = (x: unknown): x is Strided => typeof x === "object" && x !== null && "storage" in x && "shape" in x;

/** The tensors among a kernel's arguments, alone, in arrays or as fields (a parameter with its averages, a mask). */
function operandsOf(args: readonly unknown[]): Strided[] {
  return args.flat().flatMap((arg) => {
    if (isStrided(arg)) return [arg];
    return typeof arg === "object" && arg !== null ? Object.values(arg).filter(isStrided) : [];
  });
}

const count = (x: Strided) => x.shape.reduce((product, n) => product * n, 1);

/** Elements that lie in memory: repeated axes count once. */
function bytesTouched(x: Strided): number {
  return (
    bytesOf(x.storage.dtype) * x.shape.reduce((product, n, axis) => (x.strides[axis] === 0 ? product : product * n), 1)
  );
}

/** 2 m n k for a product; the two products of attention, halved where causal; five in its gradient. */
function flopsOf(kernel: string, args: readonly unknown[]): number {
  if (kernel === "matmul") {
    const [out, a] = args as Strided[];
    return 2 * count(out) * a.shape[a.shape.length - 1];
  }
  if (kernel !== "attention" && kernel !== "attentionGrad") return 0;
  const options = args.at(-1) as { causal: boolean };
  const [q, k] = (kernel === "attention" ? args.slice(2, 4) : args.slice(6, 8)) as Strided[];
  const products = kernel === "attention" ? 2 : 5;
  return (products * 2 * count(q) * k.shape[2]) / (options.causal ? 2 : 1);
}

const administrative = new Set(["allocate", "release", "reclaim", "download", "downloadSync", "upload", "finish"]);

/** Puts a timer around every kernel of a device; returns what takes them off again. */
function instrument(device: Device, rows: Map<string, ProfileRow>): () => void {
  const kernels = device as unknown as Record<string, unknown>;
  const originals: [string, unknown][] = [];
  for (const [kernel, original] of Object.entries(kernels)) {
    if (typeof original !== "function" || administrative.has(kernel)) continue;
    originals.push([kernel, original]);
    kernels[kernel] = (...args: unknown[]) => {
      const start = performance.now();
      const result: unknown = original.apply(device, args);
      device.finish?.();
      const ms = performance.now() - start;
      const { op = kernel, phase = "other" } = current ?? {};
      const key = `${op} ${kernel} ${phase}`;
      let row = rows.get(key);
      if (row === undefined) {
        row = { op, kernel, phase, calls: 0, ms: 0, flops: 0, bytes: 0 };
        rows.set(key, row);
      }
      row.calls++;
      row.ms += ms;
      row.flops += flopsOf(kernel, args);
      for (const operand of operandsOf(args)) row.bytes += bytesTouched(operand);
      return result;
    };
  }
  return () => {
    for (const [kernel, original] of originals) kernels[kernel] = original;
  };
}

/** Runs `fn` and tells what each op's kernels took on a device, the most expensive first. Errors: a profile within one. */
export async function profile(device: Device, fn: () => void | Promise<void>): Promise<ProfileRow[]> {
  if (current !== undefined) throw new Error("profile: one is being taken already");
  const rows = new Map<string, ProfileRow>();
  const restore = instrument(device, rows);
  current = { rows, op: undefined, phase: "other" };
  try {
    await fn();
  } finally {
    current = undefined;
    restore();
  }
  return [...rows.values()].sort((a, b) => b.ms - a.ms);
}
