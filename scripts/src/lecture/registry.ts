import { existsSync } from "node:fs";
import { readdir } from "node:fs/promises";
import { basename, extname, resolve } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { UsageError } from "../errors.ts";
import { MODULE } from "../installation.ts";
import type { Experiment } from "./experiment.ts";

/** The experiments in the lecture's order. One that is not here comes after them. */
const ORDER = [
  ...["cnn-recap", "cnn-architectures", "movie-recommender", "attention-basic", "query-key-value", "equivariance"],
  ...["multi-head", "transformer-block", "layer-norm", "global-average-pooling", "positions", "classify-imdb"],
  ...["causal-mask", "generate-text", "conv-rnn-attention", "language-modelling", "tokenization", "gpt-steps"],
  ...["hugging-face", "decoding"],
];

const FOLDER = fileURLToPath(new URL("../../lecture/", import.meta.url));

/** An experiment, and the file that it is. */
export interface Found {
  readonly experiment: Experiment;
  readonly file: string;
}

/** The names of the experiments that there are, in the lecture's order. */
export async function experimentNames(): Promise<string[]> {
  const files = (await readdir(FOLDER)).filter((name) => extname(name) === MODULE);
  const place = (name: string) => (ORDER.includes(name) ? ORDER.indexOf(name) : ORDER.length);
  return files.map((name) => basename(name, MODULE)).sort((a, b) => place(a) - place(b) || (a < b ? -1 : 1));
}

/** An experiment by its name, or by the path of a file of one's own. Errors: there is none. */
export async function findExperiment(name: string): Promise<Found> {
  const own = /\.[jt]s$/.test(name) || /[\\/]/.test(name);
  const file = own ? resolve(name) : resolve(FOLDER, name + MODULE);
  if (!existsSync(file)) {
    if (own) throw new UsageError(`there is no file ${name}`);
    throw new UsageError(`no experiment is called "${name}"; there are ${(await experimentNames()).join(", ")}`);
  }
  const { experiment } = (await import(pathToFileURL(file).href)) as { experiment?: Experiment };
  if (experiment === undefined) {
    throw new UsageError(
      `${name} exports no experiment: it needs \`export const experiment = defineExperiment({ … })\``,
    );
  }
  return { experiment, file };
}

/** Every experiment of the lecture. */
export async function allExperiments(): Promise<Found[]> {
  return Promise.all((await experimentNames()).map(findExperiment));
}
