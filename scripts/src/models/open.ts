import { type OpenedRun, openRun } from "@lectern/train";
import { modelPath } from "./resolve.ts";

/** A run or a model that was opened, and what that took. */
export interface OpenedModel {
  readonly run: OpenedRun;
  /** Seconds to load it, without its download. */
  readonly loadSeconds: number;
  /** Memory of the process now, in MB: weights, program and all. */
  readonly memoryMB: number;
}

/** Loading a model of so many parameters and more is worth a line. */
const NOTABLE = 50e6;

/**
 * Opens what a command's `<run>` names: a run, a folder in Hugging Face's layout, a model with a name. Says on standard error how
 * long it took and what memory it takes, where that is much. Errors: as `openRun` and `modelPath`.
 */
export async function openModel(choice: string, json: boolean): Promise<OpenedModel> {
  const path = await modelPath(choice, { json });
  const start = performance.now();
  const run = await openRun(path);
  const loadSeconds = (performance.now() - start) / 1000;
  const memoryMB = Math.round(process.memoryUsage.rss() / 1e6);
  const parameters = run.model.numParameters();
  if (parameters >= NOTABLE && !json) {
    const millions = (parameters / 1e6).toFixed(0);
    console.error(`${choice}: ${millions} million parameters in ${loadSeconds.toFixed(1)} s; ${memoryMB} MB of memory`);
  }
  return { run, loadSeconds, memoryMB };
}
