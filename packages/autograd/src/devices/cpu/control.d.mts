type Kernels = readonly ((begin: number, end: number, ...args: (number | boolean)[]) => void)[];

export declare const WORD: Readonly<
  Record<"base" | "published" | "bell" | "sleepers" | "ready" | "failed" | "reasonLength", number>
>;
export declare const DEPENDS: Readonly<Record<"not" | "byParts" | "wholly", number>>;
export declare const WINDOW: number;
export declare const PARTS: number;
export declare const CONTROL_BYTES: number;
export declare const MAX_THREADS: number;
export declare function backlog(words: Int32Array): number;
export declare function nextDescription(words: Int32Array): number;
export declare function publish(
  words: Int32Array,
  values: Float64Array,
  kernel: number,
  units: number,
  step: number,
  dependencies: number,
  args: readonly (number | boolean)[],
): void;
export declare function work(words: Int32Array, values: Float64Array, kernels: Kernels, self: number): boolean;
export declare function workUntil(
  enough: () => boolean,
  words: Int32Array,
  values: Float64Array,
  kernels: Kernels,
  self: number,
  watch?: () => void,
): void;
export declare function join(words: Int32Array, thread: number): void;
export declare function bury(words: Int32Array, thread: number): void;
export declare function kernelOf(words: Int32Array, thread: number): number | undefined;
export declare function abandon(words: Int32Array, waitForOthers: () => void): void;
export declare function takeFailure(words: Int32Array): { kernel: number; reason: string } | undefined;
