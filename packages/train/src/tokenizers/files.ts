import { type FileLike, fileAt } from "../files.ts";
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
    return tokenizerFromJSON(JSON.parse(text));
  } catch (error) {
    const reason = error instanceof SyntaxError ? "tokenizer: it is no JSON" : (error as Error).message;
    throw new Error(`${stored}: ${reason}`, { cause: error });
  }
}
