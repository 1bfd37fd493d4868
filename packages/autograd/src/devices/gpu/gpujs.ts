/**
 * The part of gpu.js that this device uses, typed as narrowly as it is used. gpu.js translates a plain JavaScript
 * function into WGSL, GLSL or WebAssembly; the function computes one element of the output and finds out which one
 * from `this.thread.x`.
 */

export type BackendName = "webgpu" | "webgl2" | "webasm";

/** What `this` is inside a kernel function. */
export interface Thread {
  readonly thread: { readonly x: number; readonly y: number; readonly z: number };
}

/** A compiled kernel: gpu.js calls the callable wrapper a "shortcut" and keeps the state in `kernel`. */
export interface GpuJsShortcut<State> {
  (...args: unknown[]): unknown;
  setOutput(output: readonly number[]): this;
  readonly kernel: State;
}

export interface GpuJsFunction {
  source: string;
  settings: { argumentTypes: string[]; returnType: string };
}

export interface GpuJsSettings {
  functions: GpuJsFunction[];
  argumentTypes: string[];
  returnType: string;
  output: number[];
  dynamicOutput: boolean;
  dynamicArguments: boolean;
  pipeline: boolean;
  immutable: boolean;
  loopMaxIterations: number;
  precision: "single";
  tactic: "precision";
  /** GLSL that is put in front of the translated functions. */
  injectedNative?: string;
}

export interface GpuJs {
  readonly kernels: unknown[];
  createKernel<State>(source: string, settings: GpuJsSettings): GpuJsShortcut<State>;
  destroy(): Promise<void>;
}
