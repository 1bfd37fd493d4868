import { nextTask, noGrad, scope } from "@lectern/autograd";
import { evaluation, type Module } from "@lectern/nn";
import type { Batch, BatchSequence } from "./data/batch.ts";
import type { Measured } from "./measures.ts";
import { type BatchOf, deviceOf, type Model, readAll } from "./model.ts";
import { type Objective, type ObjectiveOptions, objectiveOf } from "./objective.ts";

/** What an evaluation found. */
export interface Evaluation {
  /** Mean of the objective's loss over everything that counts: for cross entropy, in nats. */
  readonly loss: number;
  /** The share of targets that the model finds most likely, where the objective measures it. */
  readonly accuracy: number | undefined;
  /** Everything that the objective measures, by name, loss and accuracy among it. */
  readonly measures: Readonly<Record<string, number>>;
  /** How much the loss is the mean of: tokens, sequences, images, … */
  readonly count: number;
}

/** What is measured, and on how much. */
export interface EvaluateOptions<M extends Module = Model, B extends object = Batch> extends ObjectiveOptions<M, B> {
  /** Look at so many batches at most. */
  batches?: number;
}

/** Queued batches whose sums have not been read: what a GPU is given before it is waited for. */
const AT_ONCE = 32;

/**
 * How well a model does on data it need not have seen, by its objective's measures. Nothing is random meanwhile, nothing is
 * recorded. Errors: no batches, or none of their targets counts.
 */
export async function evaluate<M extends Module, B extends object = BatchOf<M>>(
  model: M,
  data: BatchSequence<B>,
  { batches = Number.POSITIVE_INFINITY, ...given }: EvaluateOptions<M, B> = {},
): Promise<Evaluation> {
  const objective = objectiveOf(model, given);
  const device = deviceOf(model);
  const evaluating = evaluation(model);
  const totals = new Totals();
  const iterator = data.batches(device)[Symbol.iterator]();
  for (let number = 0; number < batches; number++) {
    const found = evaluating(() => nextMeasures(model, objective, iterator));
    if (found === undefined) break;
    totals.add(found);
    if (totals.waiting === AT_ONCE) await totals.read();
  }
  await totals.read();
  return totals.evaluation();
}

/** Draws a batch and measures it; all its memory but the sums is given back. Undefined where there is no further batch. */
function nextMeasures<M extends Module, B extends object>(
  model: M,
  objective: Objective<M, B>,
  iterator: Iterator<B>,
): [string, Measured][] | undefined {
  // A scope keeps what it returns, so tensors have to be seen: in plain arrays and objects they are.
  return scope(() => {
    const { done, value } = iterator.next();
    return done ? undefined : noGrad(() => Object.entries(objective.measures(model, value)));
  });
}

/** Sums and counts by measure, over all batches. */
class Totals {
  readonly #totals = new Map<string, { sum: number; count: number }>();
  #waiting: [string, Measured][][] = [];

  get waiting(): number {
    return this.#waiting.length;
  }

  add(measures: [string, Measured][]): void {
    this.#waiting.push(measures);
  }

  async read(): Promise<void> {
    const measured = this.#waiting.flat();
    this.#waiting = [];
    const sums = await readAll(measured.map(([, { sum }]) => sum));
    const counted = await readAll(measured.flatMap(([, { count }]) => (typeof count === "number" ? [] : [count])));
    let next = 0;
    for (const [i, [name, { count }]] of measured.entries()) {
      const total = this.#totals.get(name) ?? { sum: 0, count: 0 };
      total.sum += sums[i];
      total.count += typeof count === "number" ? count : counted[next++];
      this.#totals.set(name, total);
    }
    await nextTask();
  }

  evaluation(): Evaluation {
    const count = this.#totals.get("loss")?.count ?? 0;
    if (count === 0) throw new Error(`evaluate: ${this.#whyNothing()}`);
    const means = Array.from(this.#totals, ([name, total]) => [name, total.sum / total.count]);
    const measures = Object.fromEntries(means) as Record<string, number>;
    return { loss: measures.loss, accuracy: measures.accuracy, measures, count };
  }

  #whyNothing(): string {
    if (this.#totals.size === 0) return "there is nothing to evaluate on";
    if (!this.#totals.has("loss")) return `the objective measures ${[...this.#totals.keys()].join(", ")}, and no loss`;
    return "no target counts in any batch, so there is nothing to evaluate on";
  }
}
