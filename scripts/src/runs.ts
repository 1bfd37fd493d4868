import { stat } from "node:fs/promises";
import { dirname } from "node:path";
import { GPT, type GPTOptions, TransformerClassifier, type TransformerClassifierOptions } from "@lectern/nn";
import { ByteTokenizer, loadSafetensors, loadTokenizer, loadWeights, RunFolder, type Tokenizer } from "@lectern/train";

/** What `config.json` of a run says: enough to make the model again, and to read its data again. */
export type RunConfig = CharConfig | ClassifyConfig;

interface CommonConfig {
  /** A data set's name, or the absolute path of a file or folder. */
  readonly data: string;
  readonly preset: string;
  readonly seed: number;
  /** The settings of the training, as they came from the preset and the options. */
  readonly training: object;
}

export interface CharConfig extends CommonConfig {
  readonly task: "char";
  /** "byte" in runs of old, whose tokenizer had a character from U+0000 to U+00FF for each byte. */
  readonly unit?: string;
  readonly model: GPTOptions;
}

export interface ClassifyConfig extends CommonConfig {
  readonly task: "classify";
  /** The table's columns, where they were given. */
  readonly textColumn?: string;
  readonly labelColumn?: string;
  /** The classes' names. */
  readonly labels: readonly string[];
  readonly model: TransformerClassifierOptions;
}

/** A trained model with everything that is needed to use it. */
export type OpenedRun = { readonly tokenizer: Tokenizer; readonly weights: string } & (
  | { readonly config: CharConfig; readonly model: GPT }
  | { readonly config: ClassifyConfig; readonly model: TransformerClassifier }
);

/**
 * Opens a run by its folder, with its best weights, or by one of its checkpoints' files.
 * Errors: there is no run, its files are damaged, or the file has no weights.
 */
export async function openRun(path: string): Promise<OpenedRun> {
  const { folder, weights } = await locate(path);
  const config = await readConfig(folder);
  const tokenizer = await loadTokenizer(folder.file("tokenizer.json"));
  if (config.task === "char") {
    const model = new GPT(config.model);
    await loadWeights(weights, model);
    return { config, model, tokenizer: config.unit === "byte" ? ofBytes(tokenizer) : tokenizer, weights };
  }
  const model = new TransformerClassifier(config.model);
  await loadWeights(weights, model);
  return { config, model, tokenizer, weights };
}

/** The tokenizer of bytes that an old one of characters stood for. */
function ofBytes(tokenizer: Tokenizer): ByteTokenizer {
  return new ByteTokenizer(Array.from({ length: tokenizer.size }, (_, id) => tokenizer.decode([id]).charCodeAt(0)));
}

async function locate(path: string): Promise<{ folder: RunFolder; weights: string }> {
  const stats = await stat(path).catch(() => undefined);
  if (stats === undefined) {
    throw new Error(`there is no run "${path}"; name a folder that \`lectern train\` made, such as one in runs/`);
  }
  if (stats.isDirectory()) {
    const folder = new RunFolder(path);
    return { folder, weights: (await folder.weights()).path };
  }
  await loadSafetensors(path);
  // A checkpoint lies in the run's folder or in `checkpoints` inside it.
  const near = dirname(path);
  const inRun = (await stat(`${near}/config.json`).catch(() => undefined)) !== undefined;
  return { folder: new RunFolder(inRun ? near : dirname(near)), weights: path };
}

/** Errors: no file, no JSON, or one that no `lectern train` wrote. */
export async function readConfig(folder: RunFolder): Promise<RunConfig> {
  const config = (await folder.config()) as Partial<RunConfig>;
  if ((config.task !== "char" && config.task !== "classify") || config.model === undefined) {
    throw new Error(`${folder.file("config.json")} does not describe a run of \`lectern train\``);
  }
  return config as RunConfig;
}
