import type { TextCorpus, TextOptions } from "../entry.ts";
import { splitText } from "./split.ts";
import { readUtf8 } from "./utf8.ts";

/** Any UTF-8 text file: its last tenth, or another share, is for validation. */
export async function readTextFile(path: string, name: string, options: TextOptions): Promise<TextCorpus> {
  return { name, ...splitText(name, await readUtf8(path), options.validationShare) };
}
