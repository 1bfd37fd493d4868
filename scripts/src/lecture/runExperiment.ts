import { manualSeed, settle } from "@lectern/autograd";
import { processorName } from "../processor.ts";
import { version } from "../version.ts";
import { type Comparison, comparisonsOf, holds } from "./claims.ts";
import { type Experiment, type RunContext, type Size, settingsOf } from "./experiment.ts";

export interface ClaimResult {
  readonly id: string;
  readonly holds: boolean;
  readonly comparisons: readonly Comparison[];
}

/** What `results.json` holds. */
export interface Results {
  readonly experiment: string;
  readonly size: Size;
  readonly settings: object;
  readonly seed: number;
  readonly device: string;
  readonly claims: readonly ClaimResult[];
  readonly data: object;
  readonly seconds: number;
  readonly versions: { readonly lectern: string; readonly node: string };
  readonly processor: string;
  readonly date: string;
}

export interface RunOptions {
  readonly size?: Size;
  readonly seed?: number;
  /** Settings in the place of the size's own. */
  readonly settings?: object;
  readonly device?: string;
  readonly progress?: RunContext<object>["progress"];
}

/** Runs an experiment, and judges its claims. Errors: its data are not plain (results.json could not hold them). */
export async function runExperiment(experiment: Experiment, options: RunOptions = {}): Promise<Results> {
  const { size = "full", seed = 0, device = "cpu", progress = () => {} } = options;
  const settings = { ...settingsOf(experiment, size), ...options.settings };
  manualSeed(seed);
  const start = performance.now();
  const data = await experiment.run({ settings, seed, progress });
  const seconds = (performance.now() - start) / 1000;
  assertPlain(experiment.id, data);
  const claims = Object.entries(experiment.claims).map(([id, claim]): ClaimResult => {
    const verdict = claim(data);
    return { id, holds: holds(verdict), comparisons: comparisonsOf(verdict) };
  });
  await settle();
  return {
    ...{ experiment: experiment.id, size, settings, seed, device, claims, data, seconds },
    versions: { lectern: version, node: process.versions.node },
    processor: processorName(),
    date: new Date().toISOString(),
  };
}

/** Errors: a value that JSON does not hold as it is, named by its place. NaN and infinities may be: they are told as such. */
function assertPlain(place: string, value: unknown): void {
  if (value == null || ["number", "string", "boolean"].includes(typeof value)) return;
  const prototype = typeof value === "object" ? Object.getPrototypeOf(value) : undefined;
  if (prototype !== Object.prototype && prototype !== Array.prototype) {
    const kind = (value as { constructor?: { name: string } } | undefined)?.constructor?.name ?? typeof value;
    throw new TypeError(`${place} is a ${kind}; run() has to give numbers, texts, and arrays and records of them`);
  }
  for (const [key, part] of Object.entries(value as object)) assertPlain(`${place}.${key}`, part);
}
