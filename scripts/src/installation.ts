import { fileURLToPath } from "node:url";

/**
 * Whether this is the published package. It has the repository's folders, with JavaScript in the place of TypeScript, so that
 * everything that Lectern brings along is found in the same place in both.
 */
export const isPublished = import.meta.url.endsWith(".js");

/** How the files of modules end here. */
export const MODULE = isPublished ? ".js" : ".ts";

/** The file of one of Lectern's own modules: `moduleFile("./child", import.meta.url)`. */
export const moduleFile = (name: string, from: string): string => fileURLToPath(new URL(`${name}${MODULE}`, from));

/** What stands before the words of a command line. */
export const COMMAND = isPublished ? "npx lectern" : "npm run lectern --";
