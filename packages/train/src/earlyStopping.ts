import type { Module } from "@lectern/nn";
import type { Evaluation } from "./evaluate.ts";
import type { Objective } from "./objective.ts";

/** When a training ends that no longer gets better. */
export interface EarlyStopping {
  /** How many evaluations one after the other may be no better than the best before them. */
  readonly patience: number;
  /** What a measure has to change by to be called better; 0 unless given. */
  readonly leastChange?: number;
}

/** How long a training has waited for something better. */
export interface Waiting {
  /** The measure that has to be bettered. */
  value: number;
  /** Evaluations since. */
  evaluations: number;
}

/** The measure that chooses the best weights. Errors: the objective names one that it does not measure. */
export function decisive({ best = "loss" }: Objective<Module, object>, { measures }: Evaluation): number {
  const value = measures[best];
  if (value !== undefined) return value;
  const names = Object.keys(measures).join(", ");
  throw new Error(`Trainer: the best weights are to be chosen by ${best}, and the objective measures ${names}`);
}

/** Whether a measure is better than another, by more than `leastChange`. What is not finite is never better, nor a hurdle. */
export function isBetter(
  { highest = false }: Objective<Module, object>,
  value: number,
  than: number | undefined,
  leastChange = 0,
): boolean {
  if (!Number.isFinite(value)) return false;
  if (than === undefined || !Number.isFinite(than)) return true;
  return highest ? value > than + leastChange : value < than - leastChange;
}

/** The state after one more evaluation. */
export function waitOn(
  objective: Objective<Module, object>,
  { leastChange }: EarlyStopping,
  waiting: Waiting | undefined,
  value: number,
): Waiting {
  if (isBetter(objective, value, waiting?.value, leastChange)) return { value, evaluations: 0 };
  return { value: waiting?.value ?? value, evaluations: (waiting?.evaluations ?? 0) + 1 };
}
