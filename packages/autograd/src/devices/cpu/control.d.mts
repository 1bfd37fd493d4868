export declare const WORD: Readonly<
  Record<
    | "pending"
    | "done"
    | "jobs"
    | "sleepers"
    | "ready"
    | "mainWaits"
    | "kernel"
    | "units"
    | "parts"
    | "argumentCount"
    | "failed"
    | "reasonLength",
    number
  >
>;
export declare const ARGUMENTS: number;
export declare const CONTROL_BYTES: number;
export declare function takePart(words: Int32Array): number;
export declare function setFailure(words: Int32Array, error: unknown): void;
export declare function takeFailure(words: Int32Array): string | undefined;
export declare function firstUnit(part: number, parts: number, units: number): number;
