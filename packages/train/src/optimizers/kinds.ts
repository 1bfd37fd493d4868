import { Adam } from "./adam.ts";
import { AdamW } from "./adamW.ts";
import type { Optimizer, Parameters } from "./optimizer.ts";
import { SGD } from "./sgd.ts";

/** What a recipe asks of an optimiser; each takes what it knows. */
export interface OptimizerSettings {
  readonly lr: number;
  /** For optimisers with averages of gradients. */
  readonly betas?: readonly [number, number];
}

type MakeOptimizer = (parameters: Parameters, settings: OptimizerSettings) => Optimizer;

/** Optimisers by the name that `--optimizer` gives. A new one of the library's is one more here. */
const kinds = new Map<string, MakeOptimizer>([
  ["adamw", (parameters, settings) => new AdamW(parameters, settings)],
  ["adam", (parameters, settings) => new Adam(parameters, settings)],
  ["sgd", (parameters, { lr }) => new SGD(parameters, { lr, momentum: 0.9 })],
]);

/** Makes an optimiser known by a name, for `lectern train --optimizer`. Errors: the name is taken. */
export function registerOptimizer(name: string, make: MakeOptimizer): void {
  if (kinds.has(name)) throw new Error(`registerOptimizer: there is an optimiser "${name}" already`);
  kinds.set(name, make);
}

/** The names that optimisers are chosen by. */
export function optimizerNames(): string[] {
  return [...kinds.keys()];
}

/** The optimiser of a name. Errors: there is none. */
export function makeOptimizer(name: string, parameters: Parameters, settings: OptimizerSettings): Optimizer {
  const make = kinds.get(name);
  if (make !== undefined) return make(parameters, settings);
  throw new RangeError(
    `optimizer: there is none named ${JSON.stringify(name)}; there are ${optimizerNames().join(", ")}`,
  );
}
