import { crossEntropy, nextTask, noGrad, scope, type Tensor, type TypedArray } from "@lectern/autograd";
import { evaluation } from "@lectern/nn";
import type { Batch, BatchSequence } from "./data/batch.ts";
import type { Evaluation } from "./evaluate.ts";
import { deviceOf, type Model } from "./model.ts";

/**
 * What `look` computes of each batch, as numbers: an array for each of its tensors. Nothing is random meanwhile, and nothing
 * is recorded.
 */
async function* lookAt<B extends object>(
  model: Model,
  data: BatchSequence<B>,
  look: (batch: B) => Tensor[],
): AsyncGenerator<TypedArray[]> {
  const device = deviceOf(model);
  const evaluating = evaluation(model);
  const iterator = data.batches(device)[Symbol.iterator]();
  for (;;) {
    const found = evaluating(() =>
      scope(() => {
        const { done, value } = iterator.next();
        return done ? undefined : noGrad(() => look(value));
      }),
    );
    if (found === undefined) return;
    const numbers = await Promise.all(found.map((t) => t.data()));
    yield numbers;
    await nextTask();
  }
}

/** A target that does not count. */
const NOTHING = -100;

/** A token, and how little a model expected it. */
export interface TokenLoss {
  readonly token: number;
  /** In nats. */
  readonly loss: number;
}

/** The loss of each token that counts, in the data's order. */
export async function* tokenLosses(model: Model, data: BatchSequence): AsyncGenerator<TokenLoss> {
  const look = ({ inputs, targets, mask }: Batch) => [
    crossEntropy(model.forward(inputs, mask), targets, { reduction: "none" }),
    targets,
  ];
  for await (const [losses, targets] of lookAt(model, data, look)) {
    for (let i = 0; i < losses.length; i++) {
      if (targets[i] !== NOTHING) yield { token: targets[i], loss: losses[i] };
    }
  }
}

/** An evaluation of a classifier, with who was taken for whom. */
export interface ClassEvaluation extends Evaluation {
  /** How many of each class (a row) were taken for each (a column). */
  readonly confusion: readonly (readonly number[])[];
}

/** How well a classifier does, class by class. Errors: no examples. */
export async function evaluateClasses(model: Model, data: BatchSequence, classes: number): Promise<ClassEvaluation> {
  const confusion = Array.from({ length: classes }, () => new Array<number>(classes).fill(0));
  let sum = 0;
  const look = ({ inputs, targets, mask }: Batch) => {
    const logits = model.forward(inputs, mask);
    return [crossEntropy(logits, targets, { reduction: "sum" }), logits.argmax(-1), targets];
  };
  for await (const [[loss], found, wanted] of lookAt(model, data, look)) {
    sum += loss;
    for (let i = 0; i < wanted.length; i++) confusion[wanted[i]][found[i]]++;
  }
  const count = total(confusion.flat());
  if (count === 0) throw new Error("evaluate: there is nothing to evaluate on");
  const accuracy = total(confusion.map((row, i) => row[i])) / count;
  return { loss: sum / count, accuracy, measures: { loss: sum / count, accuracy }, count, confusion };
}

/** How well one class is told from the others; NaN where a share is one of nothing. */
export interface ClassScores {
  /** Of those that were taken for it, the share that is. */
  readonly precision: number;
  /** Of those that are, the share that was found. */
  readonly recall: number;
  /** The harmonic mean of both. */
  readonly f1: number;
  /** How many there are. */
  readonly count: number;
}

/** The scores of each class. confusion: rows are classes, columns what they were taken for. */
export function classScores(confusion: readonly (readonly number[])[]): ClassScores[] {
  return confusion.map((row, i) => {
    const [right, count, taken] = [row[i], total(row), total(confusion.map((other) => other[i]))];
    return { precision: right / taken, recall: right / count, f1: (2 * right) / (count + taken), count };
  });
}

const total = (numbers: readonly number[]): number => numbers.reduce((sum, number) => sum + number, 0);
