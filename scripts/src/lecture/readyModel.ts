import { resolve } from "node:path";
import { fileURLToPath } from "node:url";
import type { GPT } from "@lectern/nn";
import { loadHuggingFace, type Tokenizer } from "@lectern/train";

const ROOT = fileURLToPath(new URL("../../../", import.meta.url));

/** The model that comes with the project. */
export const SHIPPED = "models/moby-small";

/**
 * A model that others trained, in the layout of Hugging Face's `transformers`: the project's own, or a folder, as seen from the
 * current one. Errors: what `loadHuggingFace` says; a folder without a tokenizer.
 */
export async function readyModel(folder: string): Promise<{ model: GPT; tokenizer: Tokenizer }> {
  const { model, tokenizer } = await loadHuggingFace(pathOf(folder));
  if (tokenizer === undefined) throw new Error(`${folder}: there is no tokenizer.json, nor vocab.json and merges.txt`);
  return { model, tokenizer };
}

/** Where a model's folder is. */
export const pathOf = (folder: string): string => resolve(folder === SHIPPED ? ROOT : process.cwd(), folder);
