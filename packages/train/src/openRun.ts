import { addLoRA, checked, kindOf, type LoRAOptions, type Module, modelKind } from "@lectern/nn";
import { loadWeights } from "./checkpoint.ts";
import { DamagedFileError } from "./checksums.ts";
import { fileAt } from "./files.ts";
import { isHuggingFaceConfig, loadHuggingFace } from "./huggingFace/checkpoint.ts";
import { type RunConfig, RunFolder } from "./run.ts";
import { readSafetensors } from "./safetensors.ts";
import type { Store, StoredFile } from "./store/store.ts";
import { ByteTokenizer } from "./tokenizers/bytes.ts";
import type { Tokenizer } from "./tokenizers/tokenizer.ts";

/** A trained model with everything that is needed to use it. */
export interface OpenedRun {
  readonly folder: RunFolder;
  /** What the run was made with, as its `config.json` says. */
  readonly config: RunConfig;
  /** In evaluation mode. */
  readonly model: Module;
  /** The model's kind, and what that predicts; undefined for a model that was given to `openRun`. */
  readonly kind: string | undefined;
  readonly predicts: string | undefined;
  /** Where the data are text. */
  readonly tokenizer: Tokenizer | undefined;
  /** The file that the weights are from. */
  readonly weights: StoredFile;
}

/** How a run is opened again. */
export interface OpenOptions {
  /** A model of a class that is not registered: the weights are put into it. */
  model?: Module;
  /** Where it is told that a file was passed over because it is damaged; standard error unless given. */
  log?: (message: string) => void;
}

/**
 * Opens a run by its folder, with its best weights, or by one of its checkpoints' files: any that a Trainer wrote, by the
 * command or in a program of one's own. Where the best weights are damaged it takes those of the newest checkpoint that is whole, and says so.
 * Errors: there is no run, its files are damaged, its model is of no registered kind, or the file has no weights.
 */
export async function openRun(
  where: string | Store,
  { model, log = console.error }: OpenOptions = {},
): Promise<OpenedRun> {
  const ready = model === undefined ? await openHuggingFace(where) : undefined;
  if (ready !== undefined) return ready;
  const { folder, files } = await locate(where);
  const config = await readConfig(folder);
  const opened = model ?? (await makeModel(folder, config, await mostNumbers(files)));
  const weights = await firstWhole(files, log, (file) =>
    model === undefined ? loadOwnWeights(file, opened) : loadWeights(file, opened),
  );
  const hasTokenizer = await folder.file("tokenizer.json").exists();
  const saved = hasTokenizer ? await folder.tokenizer() : undefined;
  const tokenizer = saved !== undefined && config.unit === "byte" ? ofBytes(saved) : saved;
  const kind = kindOf(opened);
  return {
    ...{ folder, config, weights, tokenizer, model: opened.eval() },
    ...{ kind: kind?.name, predicts: kind?.predicts },
  };
}

/** The first file that can be loaded. Errors: that of the first, where all are damaged; any other one. */
async function firstWhole(
  files: readonly StoredFile[],
  log: (message: string) => void,
  load: (file: StoredFile) => Promise<void>,
): Promise<StoredFile> {
  let reason: DamagedFileError | undefined;
  for (const file of files) {
    try {
      await load(file);
      if (reason !== undefined) log(`warning: ${reason.message}; the weights are those of ${file} instead`);
      return file;
    } catch (error) {
      if (!(error instanceof DamagedFileError)) throw error;
      reason ??= error;
    }
  }
  throw reason;
}

/** Errors: the weights are of other layers than a model of its kind has, as after an exchange for adapters. */
async function loadOwnWeights(weights: StoredFile, model: Module): Promise<void> {
  try {
    await loadWeights(weights, model);
  } catch (error) {
    if (!(error instanceof Error && /the model has no /.test(error.message))) throw error;
    const advice = "if its layers were exchanged before it was trained, make it so again and give it to openRun";
    throw new Error(`${error.message}; ${advice}`, { cause: error });
  }
}

/** A folder in Hugging Face's layout; undefined where it is none. */
async function openHuggingFace(where: string | Store): Promise<OpenedRun | undefined> {
  const folder = new RunFolder(where);
  const file = folder.file("config.json");
  if (!(await file.exists().catch(() => false))) return undefined;
  const config = await folder.config();
  if (!isHuggingFaceConfig(config)) return undefined;
  const { model, tokenizer } = await loadHuggingFace(folder.store);
  return { folder, config, model, tokenizer, weights: file, kind: "gpt", predicts: "tokens" };
}

/** Runs of old had a character from U+0000 to U+00FF for each byte, in a tokenizer of characters. */
function ofBytes(tokenizer: Tokenizer): ByteTokenizer {
  return new ByteTokenizer(Array.from({ length: tokenizer.size }, (_, id) => tokenizer.decode([id]).charCodeAt(0)));
}

/** A run's folder, and its files of weights in the order in which they are wanted. */
async function locate(where: string | Store): Promise<{ folder: RunFolder; files: StoredFile[] }> {
  const file = typeof where === "string" ? fileAt(where) : undefined;
  if (file !== undefined && (await file.exists())) {
    await readSafetensors(file, async () => {});
    return { folder: await folderOf(file), files: [file] };
  }
  const folder = new RunFolder(where);
  const isThere = file === undefined || (await file.store.list()).includes(file.name);
  if (!isThere) {
    throw new Error(
      `there is no run "${folder.path}"; name a folder that training wrote, such as one in runs/, or one with a model in Hugging Face's layout`,
    );
  }
  return { folder, files: await folder.allWeights() };
}

/** A checkpoint lies in the run's folder or in `checkpoints` inside it. */
async function folderOf({ store }: StoredFile): Promise<RunFolder> {
  const near = new RunFolder(store);
  if (await near.file("config.json").exists()) return near;
  return new RunFolder(store.path.replace(/[/\\]?[^/\\]+[/\\]?$/, "") || ".");
}

/** A run's `config.json`, checked as far as every run has it. Errors: it is not there, damaged, or no run's. */
async function readConfig(folder: RunFolder): Promise<RunConfig> {
  const { z } = await import("zod");
  const rank = z.int().min(1).max(100_000);
  const lora = z.strictObject({ rank, alpha: z.number().positive(), on: z.array(z.string()) }).optional();
  const model = z.looseObject({ kind: z.string().optional(), lora }).optional();
  return checked(
    folder.file("config.json").path,
    z.looseObject({ task: z.string().optional(), model }),
    await folder.config(),
  );
}

/** What `lectern train` trained before kinds of models had names. */
const ONLY_MODEL: Readonly<Record<string, string>> = { char: "gpt", classify: "classifier" };

/** A number takes a byte at least: a model with more than that was not saved into one of these files. */
async function mostNumbers(files: readonly StoredFile[]): Promise<number> {
  const sizes = await Promise.all(files.map(({ store, name }) => store.size(name)));
  return Math.max(...sizes.map((size) => size ?? 0));
}

/** A model with room for so many numbers at most. */
async function makeModel(folder: RunFolder, { model, task }: RunConfig, most: number): Promise<Module> {
  const path = folder.file("config.json").path;
  const { kind = ONLY_MODEL[String(task)], lora, ...options } = (model ?? {}) as { kind?: string; lora?: LoRAOptions };
  if (model === undefined || kind === undefined) {
    throw new Error(
      `${path} does not say what kind of model it is: register the model's class with registerModel before training, or give openRun a model`,
    );
  }
  try {
    const made = await modelKind(kind).makeRoom(options, most);
    return lora === undefined ? made : addLoRA(made, lora);
  } catch (error) {
    throw new Error(`${path}: ${(error as Error).message}`, { cause: error });
  }
}
