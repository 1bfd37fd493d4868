type Kernels = readonly ((begin: number, end: number, ...args: (number | boolean)[]) => void)[];

export declare const WORD: Readonly<
  Record<"base" | "published" | "bell" | "sleepers" | "ready" | "failed" | "reasonLength", number>
>;
export declare const DEPENDS: Readonly<Record<"not" | "byParts" | "wholly", number>>;
export declare const WINDOW: number;
export declare const PARTS: number;
export declare const CONTROL_BYTES: number;
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
export declare function work(words: Int32Array, values: Float64Array, kernels: Kernels): boolean;
export declare function workUntil(
  enough: () => boolean,
  words: Int32Array,
  values: Float64Array,
  kernels: Kernels,
): void;
export declare function takeFailure(words: Int32Array): { kernel: number; reason: string } | undefined;
