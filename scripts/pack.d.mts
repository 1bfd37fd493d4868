/** Makes every package as it is published, each in a folder of its name, `@lectern/nn` and so on. Gives these folders. */
export function stageAll(destination: string): string[];
/** Writes all tarballs into a folder, which is made where it is missing. Gives their paths. */
export function packAll(destination: string): string[];
