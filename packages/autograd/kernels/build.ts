// Which build of the kernels this is: scripts/build-kernels.mjs writes this file anew for the widened one.

/** Whether the engine joins pairs of neighbouring vectors to vectors of 256 bits. Loops then take eight floats at a time. */
export const WIDENED: bool = false;
