import type { GpuInfo } from "@lectern/autograd";
import type { DeviceOptions } from "../options.ts";
import type { StepProfile } from "./profile.ts";

/** What a process is told to measure. */
export interface Job extends DeviceOptions {
  readonly workload: string;
  /** All processors unless given. */
  readonly threads: number | undefined;
  /** Whether the system's BLAS may be used. */
  readonly blas: boolean;
  /** How often each case is timed; often enough for a steady median unless given. */
  readonly steps: number | undefined;
  readonly profile: boolean;
}

/** One thing that was timed. The peers give a name and times. */
export interface Case {
  readonly name: string;
  /** Median milliseconds of one run. */
  readonly ms: number;
  readonly minMs: number;
  /** Floating-point operations of one run. */
  readonly flops?: number;
  /** Tokens that one run reads or writes. */
  readonly tokens?: number;
  /** Most memory that tensors took at once, in 10^6 bytes. */
  readonly tensorsMB?: number;
  /** What grows along a series of cases, and how large it is here. */
  readonly axis?: string;
  readonly x?: number;
}

/** The process's resident memory, in 10^6 bytes. */
export interface ProcessMemory {
  /** At most, once everything was imported and before anything was computed. */
  readonly baselineMB: number;
  /** At most, at the end. */
  readonly peakMB: number;
}

/** What a process computes on. A peer's device is a GPU's name, where it is one. */
export interface Settings {
  readonly device?: string;
  readonly threads?: number;
  readonly simd?: string;
  /** The system's BLAS, or `none`. */
  readonly blas?: string;
  /** Taken from the system for tensors, in 10^6 bytes. */
  readonly reservedMB?: number;
  /** Of a GPU; see `GpuInfo`. */
  readonly backend?: GpuInfo["backend"];
  readonly adapter?: string;
  readonly product?: string;
  readonly fused?: boolean;
  readonly reasons?: GpuInfo["reasons"];
  /** A peer's: `fused` or `naive`. */
  readonly attention?: string;
  /** A peer's: `fused` or `plain`. */
  readonly optimizer?: string;
  /** A peer's that compiles a step as a whole: how long that took. */
  readonly compiled?: string;
}

/** What one process reports: a line of JSON, the same from us and from the peers. */
export interface Measurement {
  readonly version?: string;
  readonly cases: readonly Case[];
  readonly memory: ProcessMemory;
  readonly settings?: Settings;
  readonly profile?: StepProfile;
}
