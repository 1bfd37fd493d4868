import type { TextCorpus, TextOptions } from "../entry.ts";
import type { Source } from "../source.ts";
import { decodeText } from "./decode.ts";
import { splitText } from "./split.ts";

/** Any text file, UTF-8 unless another encoding is given: its last tenth, or another share, is for validation. */
export async function readTextFile(source: Source, name: string, options: TextOptions): Promise<TextCorpus> {
  const text = decodeText(await source.bytes(), source.name, options.encoding);
  return { name, ...splitText(name, text, options.validationShare) };
}
