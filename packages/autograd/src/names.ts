/** The names of the ops that were defined. It imports nothing, so that an op can be defined whichever file is loaded first. */
export const opNames = new Set<string>();
