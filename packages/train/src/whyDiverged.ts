import { AnomalyError, detectAnomaly, randomState, setRandomState, type Tensor } from "@lectern/autograd";
import type { Module } from "@lectern/nn";
import type { BatchSource, SourceState } from "./data/batch.ts";
import { DivergedError, notFinite } from "./divergence.ts";
import { computeGradients, type StepSettings } from "./step.ts";

/** Where data and random numbers stood before a step: from there it can be taken again. */
export interface StepStart {
  readonly data: SourceState;
  readonly random: object;
}

export function stepStart(data: BatchSource<object>): StepStart {
  return { data: data.state(), random: randomState() };
}

/**
 * Finds out what made a step diverge: a weight that is not finite, or the op that makes something so when the step's batches are shown
 * once more, under the eyes of `detectAnomaly`. The parameters have not moved since. Gives the error with what was found.
 */
export async function explained<M extends Module, B extends object>(
  error: DivergedError,
  start: StepStart,
  settings: StepSettings<M, B>,
  data: BatchSource<B>,
): Promise<DivergedError> {
  const weight = await firstNotFinite(settings.model, (p) => p);
  if (weight !== undefined) {
    return new DivergedError(`${error.message}; the weight ${weight} since the step before`, { cause: error });
  }
  const reasons: string[] = [];
  const now = stepStart(data);
  const again = () => {
    settings.optimizer.zeroGrad();
    data.loadState(start.data);
    setRandomState(start.random);
    computeGradients(settings, data, 0);
  };
  // They are still there where the step was stopped at once.
  let gradient = await firstNotFinite(settings.model, ({ grad }) => grad);
  try {
    await detectAnomaly(again).catch((found: unknown) => {
      if (found instanceof AnomalyError) reasons.push(found.message);
    });
    gradient ??= await gradientOf(settings.model, again);
  } finally {
    settings.optimizer.zeroGrad();
    data.loadState(now.data);
    setRandomState(now.random);
  }
  if (gradient !== undefined) reasons.push(`the gradient of ${gradient}`);
  return reasons.length === 0 ? error : new DivergedError([error.message, ...reasons].join("; "), { cause: error });
}

/** The gradient that is not finite once a step has been taken again; it ends as it did, or cannot be repeated. */
async function gradientOf(model: Module, again: () => void): Promise<string | undefined> {
  try {
    again();
  } catch {
    return undefined;
  }
  return firstNotFinite(model, ({ grad }) => grad);
}

/** `head.weight is NaN at element 3`; undefined where all are finite. */
async function firstNotFinite(model: Module, of: (p: Tensor) => Tensor | undefined): Promise<string | undefined> {
  for (const [name, p] of model.namedParameters()) {
    const values = await of(p)?.data();
    const at = values && notFinite(values);
    if (values !== undefined && at !== undefined) return `${name} is ${values[at]} at element ${at}`;
  }
  return undefined;
}
