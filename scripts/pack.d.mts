/**
 * Makes packages as they are published, all unless some are named, each in a folder of its name, `@lectern/nn` and so on. Gives
 * these folders.
 */
export function stageAll(destination: string, only?: readonly string[]): string[];
/** Writes the tarballs, all unless some are named, into a folder, which is made where it is missing. Gives their paths. */
export function packAll(destination: string, only?: readonly string[]): string[];
