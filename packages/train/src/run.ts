import { host } from "#host";
import { type Checkpoint, readCheckpoint } from "./checkpoint.ts";
import { DamagedFileError } from "./checksums.ts";
import { jsonIn } from "./json.ts";
import { type Store, StoredFile } from "./store/store.ts";
import { loadTokenizer, saveTokenizer } from "./tokenizers/files.ts";
import type { Tokenizer } from "./tokenizers/tokenizer.ts";

/** What a run was made with, as JSON can hold it: enough to make model and data again. */
export type RunConfig = Readonly<Record<string, unknown>>;

/** One line of `metrics.jsonl`. */
export type Metrics = { readonly event: "step" | "evaluate" | "note"; readonly step: number } & Readonly<
  Record<string, unknown>
>;

/** What a run consists of; every one has the first. */
export const CONTENT = [
  ...["config.json", "tokenizer.json", "metrics.jsonl", "checkpoints", "best.safetensors"],
  ...["adapter", "samples.jsonl", "report.html"],
] as const;

/**
 * The folder of one training, in any store:
 *
 * ```
 * config.json       what it was made with          checkpoints/step-000050.safetensors …   to go on from
 * tokenizer.json    where the data are text        best.safetensors   the weights that validated best
 * metrics.jsonl     a line a step and evaluation   samples.jsonl      what it wrote on the way, where it writes
 * report.html       a page about it                adapter            low-rank adapters, where such were trained
 * previous/1/ …     what was in the folder before
 * ```
 */
export class RunFolder {
  readonly store: Store;
  #lines: string[] = [];
  /** Names of checkpoints that were found damaged, and not written anew since. */
  readonly #damaged = new Set<string>();

  /** A path means a folder in Node, and one in the browser's own file system there. */
  constructor(where: string | Store) {
    this.store = typeof where === "string" ? host.openStore(where) : where;
  }

  get path(): string {
    return this.store.path;
  }

  file(name: (typeof CONTENT)[number]): StoredFile {
    return new StoredFile(this.store, name);
  }

  checkpointFile(step: number): StoredFile {
    return this.#checkpoint(`step-${String(step).padStart(6, "0")}.safetensors`);
  }

  #checkpoint(name: string): StoredFile {
    return new StoredFile(this.store, `checkpoints/${name}`);
  }

  /** Keeps other trainings out of the folder until what it gives is called. Errors: one is at work here, and which. */
  async lock(): Promise<() => Promise<void>> {
    return (await this.store.lock?.("training.lock")) ?? (async () => {});
  }

  async describe(config: RunConfig | undefined, tokenizer: Tokenizer | undefined): Promise<void> {
    if (config) await this.file("config.json").write(`${JSON.stringify(config, undefined, 2)}\n`);
    if (tokenizer) await saveTokenizer(this.file("tokenizer.json"), tokenizer);
  }

  /** What the run was made with. Errors: there is no run, or its file is damaged. */
  async config(): Promise<RunConfig> {
    return (await jsonIn(this.file("config.json"), "run")) as RunConfig;
  }

  tokenizer(): Promise<Tokenizer> {
    return loadTokenizer(this.file("tokenizer.json"));
  }

  // --- metrics ----------------------------------------------------------------------------------

  record(line: Metrics): void {
    this.#lines.push(`${JSON.stringify(line)}\n`);
  }

  /** Puts on the disk what was recorded. Errors: that cannot be done; then it is kept for the next time. */
  async flush(): Promise<void> {
    const lines = this.#lines;
    if (lines.length === 0) return;
    this.#lines = [];
    try {
      await this.store.append("metrics.jsonl", lines.join(""));
    } catch (error) {
      this.#lines = [...lines, ...this.#lines];
      throw error;
    }
  }

  /** Every line up to a step; those that cannot be read, as a last one that was cut off, are left out. */
  async metrics(upTo = Number.POSITIVE_INFINITY): Promise<Metrics[]> {
    return (await this.#readMetrics(upTo)).lines;
  }

  async #readMetrics(upTo: number): Promise<{ lines: Metrics[]; damaged: number }> {
    const text = await this.file("metrics.jsonl").text("metrics");
    const found = text
      .split("\n")
      .filter((line) => line.trim() !== "")
      .map(parseMetrics);
    const lines = found.filter((line): line is Metrics => line !== undefined);
    return { lines: lines.filter(({ step }) => step <= upTo), damaged: found.length - lines.length };
  }

  /** Drops the lines after a step: what follows is trained again. `warn` hears of lines that cannot be read. */
  async forgetAfter(step: number, warn: (message: string) => void): Promise<void> {
    const file = this.file("metrics.jsonl");
    if (!(await file.exists())) return;
    const { lines, damaged } = await this.#readMetrics(step);
    // The last line is cut off where the run was killed while it wrote.
    if (damaged > 1) {
      const there = await this.store.list();
      let [copy, number] = ["metrics.damaged.jsonl", 1];
      while (there.includes(copy)) copy = `metrics.damaged-${++number}.jsonl`;
      await file.copy(copy);
      warn(`${damaged} lines of ${file} cannot be read and are left out; the file as it was is ${copy}`);
    }
    await file.write(lines.map((line) => `${JSON.stringify(line)}\n`).join(""));
  }

  // --- checkpoints ------------------------------------------------------------------------------

  /** The checkpoints' files, the newest first. */
  async checkpoints(): Promise<StoredFile[]> {
    const names = await this.store.list("checkpoints");
    return names
      .filter((name) => !Number.isNaN(stepOf(name)))
      .sort((a, b) => stepOf(b) - stepOf(a))
      .map((name) => this.#checkpoint(name));
  }

  /**
   * The newest checkpoint that is whole; `warn` hears of those that are damaged. Undefined where there is none.
   * Errors: one cannot be read, for want of permission, say, or all are damaged: then nothing should be trained anew here.
   */
  async newestCheckpoint(warn: (message: string) => void): Promise<Checkpoint | undefined> {
    const files = await this.checkpoints();
    let reason: unknown;
    for (const file of files) {
      try {
        return await readCheckpoint(file);
      } catch (error) {
        if (!(error instanceof DamagedFileError)) throw error;
        this.#damaged.add(file.name);
        warn(`passed over a damaged checkpoint: ${error.message}`);
        reason ??= error;
      }
    }
    if (files.length === 0) return undefined;
    throw new Error(
      `${this.path}: every checkpoint is damaged, so there is nothing to resume from; the newest: ${(reason as Error).message}`,
      { cause: reason },
    );
  }

  /**
   * Deletes the checkpoints before the newest so many up to a step, whose own has just been written. Damaged ones that were
   * passed over do not count, and neither do later ones.
   */
  async keepNewest(count: number, step: number): Promise<void> {
    this.#damaged.delete(this.checkpointFile(step).name);
    const upTo = (await this.checkpoints()).filter(({ name }) => stepOf(name) <= step);
    const oldest = upTo.filter(({ name }) => !this.#damaged.has(name))[count - 1];
    if (oldest === undefined) return;
    for (const { name } of upTo.slice(upTo.indexOf(oldest) + 1)) await this.store.remove(name);
  }

  /** The weights to use the model with: the best ones, else the newest checkpoint's. Errors: there are none. */
  async weights(): Promise<StoredFile> {
    return (await this.allWeights())[0];
  }

  /** All files with weights: the best ones, then the checkpoints' from the newest on. Errors: there are none. */
  async allWeights(): Promise<StoredFile[]> {
    const best = this.file("best.safetensors");
    const files = [...((await best.exists()) ? [best] : []), ...(await this.checkpoints())];
    if (files.length > 0) return files;
    throw new Error(`no checkpoint in ${this.path}: train a model into this folder first, or name another one`);
  }
}

/** The step in a checkpoint's name; NaN in another. */
const stepOf = (name: string) => Number(/(?:^|\/)step-(\d+)\.safetensors$/.exec(name)?.[1] ?? Number.NaN);

/** A line of metrics; undefined where it is none. */
function parseMetrics(line: string): Metrics | undefined {
  try {
    const value: unknown = JSON.parse(line);
    const isLine = typeof value === "object" && value !== null && "step" in value && typeof value.step === "number";
    return isLine ? (value as Metrics) : undefined;
  } catch {
    return undefined;
  }
}
