import { type FileLike, fileAt } from "../files.ts";
import { parseJson } from "../json.ts";
import { tokenizerFromJSON, tokenizerToJSON } from "./kinds.ts";
import type { Tokenizer } from "./tokenizer.ts";

/** Errors: a tokenizer that cannot be saved, or could not be read again. */
export async function saveTokenizer(file: FileLike, tokenizer: Tokenizer): Promise<void> {
  await fileAt(file).write(`${JSON.stringify(tokenizerToJSON(tokenizer))}\n`);
}

/** Errors: no such file, no JSON, no tokenizer; each names the file. */
export async function loadTokenizer(file: FileLike): Promise<Tokenizer> {
  const stored = fileAt(file);
  const text = await stored.text("tokenizer");
  try {
    return tokenizerFromJSON(parseJson(text, "tokenizer: it"));
  } catch (error) {
    throw new Error(`${stored}: ${(error as Error).message}`, { cause: error });
  }
}
