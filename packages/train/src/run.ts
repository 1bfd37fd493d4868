import type { Device } from "@lectern/autograd";
import { type Checkpoint, readCheckpoint } from "./checkpoint.ts";
import { readText, writeAtomically } from "./files.ts";
import { loadTokenizer, saveTokenizer } from "./tokenizers/files.ts";
import type { Tokenizer } from "./tokenizers/tokenizer.ts";

/** What a run was made with, as JSON can hold it: enough to make model and data again. */
export type RunConfig = Readonly<Record<string, unknown>>;

/** One line of `metrics.jsonl`. */
export type Metrics = { readonly event: "step" | "evaluate"; readonly step: number } & Readonly<
  Record<string, unknown>
>;

/** What a run's folder holds beside `previous/`. */
const CONTENT = ["config.json", "tokenizer.json", "metrics.jsonl", "checkpoints", "best.safetensors"] as const;

/**
 * The folder of one training:
 *
 * ```
 * config.json       what it was made with          checkpoints/step-000050.safetensors …   to go on from
 * tokenizer.json    where the data are text        best.safetensors   the weights that validated best
 * metrics.jsonl     a line a step and evaluation   previous/          what was in the folder before
 * ```
 */
export class RunFolder {
  readonly path: string;
  #lines: string[] = [];

  constructor(path: string) {
    this.path = path;
  }

  file(name: (typeof CONTENT)[number]): string {
    return `${this.path}/${name}`;
  }

  checkpointPath(step: number): string {
    return `${this.file("checkpoints")}/step-${String(step).padStart(6, "0")}.safetensors`;
  }

  /** Moves what an earlier training left into `previous/`. Says whether there was anything. */
  async startAnew(): Promise<boolean> {
    const { mkdir, readdir, rename, rm } = await import("node:fs/promises");
    await mkdir(this.path, { recursive: true });
    const there = new Set(await readdir(this.path));
    const left = CONTENT.filter((name) => there.has(name));
    if (!left.includes("metrics.jsonl") && !left.includes("checkpoints")) return false;
    await rm(`${this.path}/previous`, { recursive: true, force: true });
    await mkdir(`${this.path}/previous`);
    for (const name of left) await rename(this.file(name), `${this.path}/previous/${name}`);
    return true;
  }

  async describe(config: RunConfig | undefined, tokenizer: Tokenizer | undefined): Promise<void> {
    if (config) await writeAtomically(this.file("config.json"), `${JSON.stringify(config, undefined, 2)}\n`);
    if (tokenizer) await saveTokenizer(this.file("tokenizer.json"), tokenizer);
  }

  /** What the run was made with. Errors: there is no run, or its file is damaged. */
  async config(): Promise<RunConfig> {
    const path = this.file("config.json");
    const text = await readText(path, "run");
    try {
      return JSON.parse(text) as RunConfig;
    } catch (error) {
      throw new Error(`${path}: it is no JSON`, { cause: error });
    }
  }

  tokenizer(): Promise<Tokenizer> {
    return loadTokenizer(this.file("tokenizer.json"));
  }

  // --- metrics ----------------------------------------------------------------------------------

  record(line: Metrics): void {
    this.#lines.push(`${JSON.stringify(line)}\n`);
  }

  /** Puts on the disk what was recorded. */
  async flush(): Promise<void> {
    const lines = this.#lines.join("");
    this.#lines = [];
    const { appendFile } = await import("node:fs/promises");
    if (lines !== "") await appendFile(this.file("metrics.jsonl"), lines);
  }

  /** Every line up to a step. A last line that was cut off is left out. */
  async metrics(upTo = Number.POSITIVE_INFINITY): Promise<Metrics[]> {
    const text = await readText(this.file("metrics.jsonl"), "metrics");
    const lines = text.split("\n").flatMap((line) => {
      try {
        return [JSON.parse(line) as Metrics];
      } catch {
        return [];
      }
    });
    return lines.filter(({ step }) => step <= upTo);
  }

  /** Drops the lines after a step: what follows is trained again. */
  async forgetAfter(step: number): Promise<void> {
    const kept = await this.metrics(step).catch(() => []);
    await writeAtomically(this.file("metrics.jsonl"), kept.map((line) => `${JSON.stringify(line)}\n`).join(""));
  }

  // --- checkpoints ------------------------------------------------------------------------------

  /** The checkpoints' files, the newest first. */
  async checkpoints(): Promise<string[]> {
    const { readdir } = await import("node:fs/promises");
    const names = await readdir(this.file("checkpoints")).catch(() => []);
    const stepOf = (name: string) => Number(/^step-(\d+)\.safetensors$/.exec(name)?.[1] ?? Number.NaN);
    return names
      .filter((name) => !Number.isNaN(stepOf(name)))
      .sort((a, b) => stepOf(b) - stepOf(a))
      .map((name) => `${this.file("checkpoints")}/${name}`);
  }

  /** The newest checkpoint that is whole, on a device; `warn` hears of those that are not. Undefined where there is none. */
  async newestCheckpoint(device: Device, warn: (message: string) => void): Promise<Checkpoint | undefined> {
    for (const path of await this.checkpoints()) {
      try {
        return await readCheckpoint(path, device);
      } catch (error) {
        warn(`passed over a broken checkpoint: ${(error as Error).message}`);
      }
    }
    return undefined;
  }

  /** Deletes all checkpoints but the newest. */
  async keepNewest(count: number): Promise<void> {
    const { rm } = await import("node:fs/promises");
    for (const path of (await this.checkpoints()).slice(count)) await rm(path);
  }

  /** The weights to use the model with: the best ones, else the newest checkpoint's. Errors: there are none. */
  async weightsPath(): Promise<string> {
    const { stat } = await import("node:fs/promises");
    const best = this.file("best.safetensors");
    if (await stat(best).catch(() => undefined)) return best;
    const [newest] = await this.checkpoints();
    if (newest === undefined) {
      throw new Error(`no checkpoint in ${this.path}: train a model into this folder first, or name another one`);
    }
    return newest;
  }
}
