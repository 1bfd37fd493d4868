interface KernelFunction {
  readonly name: string;
  readonly file: string;
  readonly comment: string;
  readonly parameters: readonly (readonly [name: string, type: string])[];
  readonly result: string;
}

export interface KernelInterface {
  readonly kernels: readonly KernelFunction[];
  readonly helpers: readonly KernelFunction[];
  readonly enums: readonly { readonly name: string; readonly members: readonly string[] }[];
  readonly layouts: readonly { readonly name: string; readonly fields: readonly (readonly [string, number])[] }[];
}

export declare function readInterface(sources: Readonly<Record<string, string>>): KernelInterface;
export declare function entryOf(found: KernelInterface): string;
export declare function valuesOf(found: KernelInterface): string;
export declare function typesOf(found: KernelInterface): string;
