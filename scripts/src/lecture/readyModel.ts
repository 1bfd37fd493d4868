import type { GPT } from "@lectern/nn";
import { loadHuggingFace, type Tokenizer } from "@lectern/train";
import { modelPath } from "../models/resolve.ts";

/**
 * A model that others trained: by its name (`lectern model list`), in which case it is fetched where it has to be, or a folder in the
 * layout of Hugging Face's `transformers`. Errors: what `loadHuggingFace` says; a folder without a tokenizer.
 */
export async function readyModel(choice: string): Promise<{ model: GPT; tokenizer: Tokenizer }> {
  const { model, tokenizer } = await loadHuggingFace(await modelPath(choice));
  if (tokenizer === undefined) throw new Error(`${choice}: there is no tokenizer.json, nor vocab.json and merges.txt`);
  return { model, tokenizer };
}
