/** Makes a version of the changes that wait, in a repository's folder, and gives it. Errors: no change waits; what Changesets says. */
export function bump(folder: string): string;
