import { type FileLike, fileAt } from "../files.ts";
import { CharTokenizer } from "./characters.ts";
import type { Tokenizer } from "./tokenizer.ts";
import { WordTokenizer } from "./words.ts";

/** How each kind is made from what `toJSON` gave. A new tokenizer is one line here. */
const kinds: Readonly<Record<string, (json: Readonly<Record<string, unknown>>) => Tokenizer>> = {
  characters: CharTokenizer.fromJSON,
  words: WordTokenizer.fromJSON,
};

/** The tokenizer that `toJSON` described. Errors: it is no description of a tokenizer, or one of an unknown kind. */
export function tokenizerFromJSON(json: unknown): Tokenizer {
  if (typeof json !== "object" || json === null || !("format" in json) || json.format !== "lectern-tokenizer-1") {
    throw new Error('tokenizer: this is no tokenizer: "format": "lectern-tokenizer-1" is missing');
  }
  const { kind } = json as { kind?: unknown };
  if (typeof kind !== "string" || !Object.hasOwn(kinds, kind)) {
    throw new Error(`tokenizer: unknown kind ${JSON.stringify(kind)}: there are ${Object.keys(kinds).join(", ")}`);
  }
  return kinds[kind](json as unknown as Readonly<Record<string, unknown>>);
}

export async function saveTokenizer(file: FileLike, tokenizer: Tokenizer): Promise<void> {
  await fileAt(file).write(`${JSON.stringify(tokenizer)}\n`);
}

/** Errors: no such file, no JSON, no tokenizer; each names the file. */
export async function loadTokenizer(file: FileLike): Promise<Tokenizer> {
  const stored = fileAt(file);
  const text = await stored.text("tokenizer");
  try {
    return tokenizerFromJSON(JSON.parse(text));
  } catch (error) {
    const reason = error instanceof SyntaxError ? "tokenizer: it is no JSON" : (error as Error).message;
    throw new Error(`${stored}: ${reason}`, { cause: error });
  }
}
