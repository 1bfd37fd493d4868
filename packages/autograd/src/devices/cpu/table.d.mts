import type { Kernels } from "./generated/interface.mjs";

export interface BlasKernels {
  blasMatmul: Kernels["matmul"];
  blasAttention: Kernels["attention"];
  blasAttentionGrad: Kernels["attentionGrad"];
}

export interface AllKernels extends Kernels, BlasKernels {}

export type KernelName = keyof AllKernels;

/** A kernel of any name: it does the units begin … end - 1. */
export type Kernel = (begin: number, end: number, ...args: (number | boolean)[]) => void;

/** What a kernel is given besides the units. */
export type Arguments<Name extends KernelName> = AllKernels[Name] extends (
  begin: number,
  end: number,
  ...args: infer Rest extends (number | boolean)[]
) => void
  ? Rest
  : never;

export declare const BLAS_KERNELS: readonly (keyof BlasKernels)[];
export declare const TABLE: readonly KernelName[];
