/** Types of node.mjs, which any Node that starts Lectern has to understand. */
export const root: string;
export const manifest: Readonly<
  Record<"optionalDependencies" | "devDependencies", Readonly<Record<string, string>>>
> & {
  readonly packageManager: string;
};
export const nodePackages: readonly string[];
export const pinnedVersion: string | undefined;
export const oldestForSetup: string;
export const oldestInPlace: string;
export function isAtLeast(a: string, b: string): boolean;
export function pinnedNode(): string | undefined;
export function isPinned(node: string): boolean;
export function complaint(oldest: string, version?: string): string | undefined;
