import { formatShape, noGrad, type Tensor } from "@lectern/autograd";
import { GPT } from "@lectern/nn";
import { host } from "#host";
import { readSafetensors, type StoredTensor, saveSafetensors } from "../safetensors.ts";
import { type Store, StoredFile } from "../store/store.ts";
import { BPETokenizer, END_OF_TEXT } from "../tokenizers/bpe/bpe.ts";
import { fromVocabAndMerges } from "../tokenizers/bpe/huggingFace.ts";
import { loadTokenizer, saveTokenizer } from "../tokenizers/files.ts";
import type { Tokenizer } from "../tokenizers/tokenizer.ts";
import { configFrom, optionsFrom } from "./config.ts";
import { isBuffer, parameterNames, withoutPrefix } from "./names.ts";

/**
 * Models in the layout of Hugging Face's `transformers`, with GPT-2's architecture:
 *
 * ```
 * config.json                                      sizes
 * model.safetensors, or model-00001-of-00002.safetensors … and model.safetensors.index.json   weights
 * tokenizer.json, or vocab.json and merges.txt
 * ```
 */
export interface HuggingFaceModel {
  readonly model: GPT;
  readonly tokenizer: Tokenizer | undefined;
}

const storeAt = (where: string | Store): Store => (typeof where === "string" ? host.openStore(where) : where);

/** Whether a `config.json` is of `transformers`. */
export const isHuggingFaceConfig = (config: Readonly<Record<string, unknown>>): boolean =>
  typeof config.model_type === "string";

/**
 * Opens a folder. Weights are read in parts, straight into the model, whatever float type they are stored as.
 * Errors: another architecture, a tensor that is missing, unknown, of another shape, or not there at all; each by name.
 */
export async function loadHuggingFace(where: string | Store): Promise<HuggingFaceModel> {
  const store = storeAt(where);
  const config = new StoredFile(store, "config.json");
  const options = await optionsFrom(config.path, parseJson(config, await config.text("model")));
  const model = new GPT(options);
  await loadInto(model, store);
  return { model: model.eval(), tokenizer: await tokenizerIn(store) };
}

/** Saves a model so that `transformers` opens it. Errors: a model that GPT-2's architecture cannot be. */
export async function saveHuggingFace(where: string | Store, model: GPT, tokenizer?: Tokenizer): Promise<void> {
  const store = storeAt(where);
  const { layers, tiedHead = true } = model.options;
  const config = configFrom(model.options, tokenizer?.special?.endOfText);
  const parameters = model.stateDict();
  const tensors = new Map<string, Tensor>();
  for (const { theirs, ours, transposed } of parameterNames(layers, tiedHead)) {
    // A projection without a bias is one with a bias of zeros.
    const tensor = parameters.get(ours) ?? zeroBias(parameters, ours);
    tensors.set(theirs === "lm_head.weight" ? theirs : `transformer.${theirs}`, transposed ? tensor.T : tensor);
  }
  await new StoredFile(store, "config.json").write(`${JSON.stringify(config, undefined, 2)}\n`);
  await saveSafetensors(new StoredFile(store, "model.safetensors"), tensors, { format: "pt" }, { float: "float32" });
  if (tokenizer !== undefined) await saveTokenizer(new StoredFile(store, "tokenizer.json"), tokenizer);
}

function zeroBias(parameters: ReadonlyMap<string, Tensor>, name: string): Tensor {
  const weight = parameters.get(name.replace(/bias$/, "weight"))!;
  return noGrad(() => weight.select(1, 0).mul(0));
}

// --- weights --------------------------------------------------------------------------------------

async function loadInto(model: GPT, store: Store): Promise<void> {
  const { layers, tiedHead = true } = model.options;
  const parameters = model.stateDict();
  const wanted = new Map(parameterNames(layers, tiedHead).map((pair) => [pair.theirs, pair]));
  const missing = new Set(wanted.keys());
  for (const file of await weightFiles(store)) {
    await readSafetensors(file, async (stored) => {
      for (const [fullName, tensor] of stored) {
        const name = withoutPrefix(fullName);
        if (isBuffer(name) || (tiedHead && name === "lm_head.weight")) continue;
        const pair = wanted.get(name);
        if (pair === undefined) throw new Error(`${file}: the tensor ${fullName} is none of this architecture's`);
        await fill(`${file}: ${fullName}`, parameters.get(pair.ours)!, tensor, pair.transposed);
        missing.delete(name);
      }
    });
  }
  const [first, ...more] = missing;
  if (first === undefined) return;
  const others = more.length > 0 ? `, and ${more.length} more` : "";
  throw new Error(`${store.path}: the tensor ${first} is missing${others}`);
}

async function fill(name: string, parameter: Tensor, stored: StoredTensor, transposed: boolean): Promise<void> {
  const wanted = transposed ? parameter.shape.toReversed() : parameter.shape;
  if (formatShape(stored.shape) !== formatShape(wanted)) {
    throw new Error(`${name} is ${formatShape(stored.shape)}, and ${formatShape(wanted)} was expected`);
  }
  await stored.eachPart((start, part) =>
    noGrad(() => {
      if (part.dtype !== parameter.dtype) throw new Error(`${name} holds whole numbers`);
      const place = parameter.narrow(transposed ? 1 : 0, start, part.shape[0]);
      place.copy_(transposed ? part.T : part);
    }),
  );
}

/** The files that hold the weights. Errors: there are none, or an index that names files elsewhere. */
async function weightFiles(store: Store): Promise<StoredFile[]> {
  const whole = new StoredFile(store, "model.safetensors");
  if (await whole.exists()) return [whole];
  const index = new StoredFile(store, "model.safetensors.index.json");
  if (!(await index.exists())) {
    const old = (await new StoredFile(store, "pytorch_model.bin").exists())
      ? "; pytorch_model.bin is not read: save it anew with transformers' save_pretrained"
      : "";
    throw new Error(`${store.path}: there is no model.safetensors${old}`);
  }
  const json = parseJson(index, await index.text("index")) as { weight_map?: unknown };
  const names = new Set(Object.values(typeof json.weight_map === "object" ? (json.weight_map ?? {}) : {}));
  return Array.from(names, (name) => {
    if (typeof name !== "string" || !/^[\w-][\w.-]*\.safetensors$/.test(name)) {
      throw new Error(`${index}: it names ${JSON.stringify(name)}, which is no file beside it`);
    }
    return new StoredFile(store, name);
  });
}

// --- tokenizer ------------------------------------------------------------------------------------

async function tokenizerIn(store: Store): Promise<Tokenizer | undefined> {
  const file = new StoredFile(store, "tokenizer.json");
  if (await file.exists()) return loadTokenizer(file);
  const vocab = new StoredFile(store, "vocab.json");
  if (!(await vocab.exists())) return undefined;
  const merges = await new StoredFile(store, "merges.txt").text("merges");
  const json = parseJson(vocab, await vocab.text("vocabulary"));
  const special = typeof json === "object" && json !== null && END_OF_TEXT in json ? [END_OF_TEXT] : [];
  return new BPETokenizer(fromVocabAndMerges(json, merges, special), special);
}

function parseJson(file: StoredFile, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new Error(`${file}: it is no JSON`, { cause: error });
  }
}
