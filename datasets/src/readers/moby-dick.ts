import type { TextCorpus, TextOptions } from "../entry.ts";
import { splitText } from "./split.ts";

type Chapters = readonly { readonly chapter: string; readonly title: string; readonly text: string }[];

/** The whole book without its table of contents, every chapter under its heading. */
export async function readMobyDick(options: TextOptions): Promise<TextCorpus> {
  // In a bundle for browsers `#moby-dick` is the package's data alone; its function needs modules of Node's there.
  const { default: book } = await import("#moby-dick");
  const all: Chapters = typeof book === "function" ? book() : book;
  const parts = all.filter(({ chapter }) => chapter !== "Contents");
  const text = parts.map((part) => {
    const numbered = /^\d+$/.test(part.chapter);
    return numbered ? `CHAPTER ${part.chapter}. ${part.title}\n\n${part.text}` : part.text;
  });
  return {
    name: "moby-dick",
    ...splitText("moby-dick", text.join("\n\n"), options.validationShare),
  };
}
