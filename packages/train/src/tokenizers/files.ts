import { type FileLike, fileAt } from "../files.ts";
import { parseJson } from "../json.ts";
import { UnknownKindError } from "./bpe/huggingFace.ts";
import { tokenizerFromJSON, tokenizerToJSON } from "./kinds.ts";
import { readyTokenizer } from "./ready.ts";
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
    const json = parseJson(text, "tokenizer: it");
    try {
      return tokenizerFromJSON(json);
    } catch (error) {
      if (!(error instanceof UnknownKindError)) throw error;
      return await readyTokenizer(json as Readonly<Record<string, unknown>>);
    }
  } catch (error) {
    throw new Error(`${stored}: ${(error as Error).message}`, { cause: error });
  }
}
