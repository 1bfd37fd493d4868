// All kernels in one order: a job in the queue names its kernel by the place here, on every thread.

import { KERNELS } from "./generated/interface.mjs";

/** Those that the module does not have: the system's BLAS adds them (library.mjs), with the arguments of `matmul` and so on. */
export const BLAS_KERNELS = ["blasMatmul", "blasAttention", "blasAttentionGrad"];

export const TABLE = [...KERNELS, ...BLAS_KERNELS];
