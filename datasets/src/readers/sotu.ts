import { host } from "#host";
import type { TextCorpus, TextOptions } from "../entry.ts";
import type { Source } from "../source.ts";
import { splitText } from "./split.ts";

/** Every address of a president to Congress, from 1790 on, under a line with its year and who gave it. */
export async function readSotu(archive: Source, options: TextOptions): Promise<TextCorpus> {
  const files = await host.fromTar(archive, /\/data\/\d{4}_.*\.txt$/);
  const addresses = files
    .map(({ path, bytes }) => ({ name: path.replace(/^.*\//, ""), text: new TextDecoder().decode(bytes) }))
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .map(({ name, text }) => `${titleOf(name)}\n\n${text.replaceAll("\r\n", "\n").trim()}\n`);
  if (addresses.length === 0) throw new Error(`${archive.name}: there is no address in it`);
  return { name: "sotu", ...splitText("sotu", addresses.join("\n"), options.validationShare) };
}

/** `1790_george_washington_n.txt` as "1790, George Washington": the last letter is the party. */
function titleOf(name: string): string {
  const [year, ...words] = name.replace(/_[a-z]*\.txt$/, "").split("_");
  return `${year}, ${words.map((word) => word[0].toUpperCase() + word.slice(1)).join(" ")}`;
}
