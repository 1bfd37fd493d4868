export interface BlasLibrary {
  /** What the library says it is. */
  readonly description: string;
  /** True where it uses several processors by itself. */
  readonly ownThreads: boolean;
  /** As the kernel `matmul`. */
  readonly matmul: (begin: number, end: number, ...args: number[]) => void;
}

export declare function openLibrary(name: string, memory: WebAssembly.Memory): BlasLibrary;
