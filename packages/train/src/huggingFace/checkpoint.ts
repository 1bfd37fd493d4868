import { noGrad, type Tensor } from "@lectern/autograd";
import { GPT, withoutInitialising } from "@lectern/nn";
import { host } from "#host";
import { jsonIn } from "../json.ts";
import { saveSafetensors } from "../safetensors.ts";
import { type Store, StoredFile } from "../store/store.ts";
import { BPETokenizer, END_OF_TEXT } from "../tokenizers/bpe/bpe.ts";
import { fromVocabAndMerges } from "../tokenizers/bpe/huggingFace.ts";
import { loadTokenizer, saveTokenizer } from "../tokenizers/files.ts";
import type { Tokenizer } from "../tokenizers/tokenizer.ts";
import { configFrom, optionsFrom } from "./config.ts";
import { parameterNames } from "./names.ts";
import { Weights } from "./weights.ts";

/**
 * Models in the layout of Hugging Face's `transformers`, with GPT-2's architecture:
 *
 * ```
 * config.json                                      sizes
 * model.safetensors, or model-00001-of-00002.safetensors … and model.safetensors.index.json   weights
 * pytorch_model.bin, or parts and an index, where there is none of those                      weights, as a pickle
 * tokenizer.json, or vocab.json and merges.txt
 * ```
 */
export interface HuggingFaceModel {
  readonly model: GPT;
  readonly tokenizer: Tokenizer | undefined;
}

const storeAt = (where: string | Store): Store => (typeof where === "string" ? host.openStore(where) : where);

/** Whether a `config.json` is of `transformers`. */
export const isHuggingFaceConfig = (config: unknown): boolean =>
  typeof config === "object" && config !== null && "model_type" in config && typeof config.model_type === "string";

/**
 * Opens a folder. Weights are read in parts, straight into the model, whatever float type they are stored as.
 * Errors: another architecture, a tensor that is missing, unknown, of another shape, or not there at all; each by name.
 */
export async function loadHuggingFace(where: string | Store): Promise<HuggingFaceModel> {
  const store = storeAt(where);
  const config = new StoredFile(store, "config.json");
  const options = await optionsFrom(config.path, await jsonIn(config, "model"));
  const weights = await Weights.in(store);
  // Before memory is asked for, which a config.json that lies could ask for without end.
  await weights.check(options);
  const model = withoutInitialising(() => new GPT(options));
  await weights.loadInto(model);
  return { model: model.eval(), tokenizer: await tokenizerIn(store) };
}

/** How a checkpoint is written. */
export interface SaveOptions {
  /** What its numbers are rounded to; `float32`, which loses nothing, unless said otherwise. */
  readonly float?: "float32" | "float16" | "bfloat16";
}

/** Saves a model so that `transformers` opens it. Errors: a model that GPT-2's architecture cannot be. */
export async function saveHuggingFace(
  where: string | Store,
  model: GPT,
  tokenizer?: Tokenizer,
  { float = "float32" }: SaveOptions = {},
): Promise<void> {
  const store = storeAt(where);
  const config = configFrom(model.options, tokenizer?.special?.endOfText, float);
  const parameters = model.stateDict();
  const tensors = new Map<string, Tensor>();
  for (const { theirs, ours, transposed } of parameterNames(model.options)) {
    // A projection without a bias is one with a bias of zeros.
    const tensor = parameters.get(ours) ?? zeroBias(parameters, ours);
    tensors.set(theirs === "lm_head.weight" ? theirs : `transformer.${theirs}`, transposed ? tensor.T : tensor);
  }
  await new StoredFile(store, "config.json").write(`${JSON.stringify(config, undefined, 2)}\n`);
  await saveSafetensors(new StoredFile(store, "model.safetensors"), tensors, { format: "pt" }, { float });
  if (tokenizer !== undefined) await saveTokenizer(new StoredFile(store, "tokenizer.json"), tokenizer);
}

function zeroBias(parameters: ReadonlyMap<string, Tensor>, name: string): Tensor {
  const weight = parameters.get(name.replace(/bias$/, "weight"))!;
  return noGrad(() => weight.select(1, 0).mul(0));
}

// --- tokenizer ------------------------------------------------------------------------------------

async function tokenizerIn(store: Store): Promise<Tokenizer | undefined> {
  const file = new StoredFile(store, "tokenizer.json");
  if (await file.exists()) return loadTokenizer(file);
  const vocab = new StoredFile(store, "vocab.json");
  if (!(await vocab.exists())) return undefined;
  const merges = new StoredFile(store, "merges.txt");
  const [json, text] = [await jsonIn(vocab, "vocabulary"), await merges.text("merges")];
  const special = typeof json === "object" && json !== null && END_OF_TEXT in json ? [END_OF_TEXT] : [];
  try {
    return new BPETokenizer(fromVocabAndMerges(json, text, special), special);
  } catch (error) {
    throw new Error(`${vocab} and ${merges.name}: ${(error as Error).message}`, { cause: error });
  }
}
