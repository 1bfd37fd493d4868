import { crossEntropy, nextTask, noGrad, scope, type Tensor } from "@lectern/autograd";
import type { Batch, BatchSequence } from "./data/batch.ts";
import { deviceOf, type Model, readAll } from "./model.ts";

export interface Evaluation {
  /** Mean cross entropy over everything that counts, in nats. */
  readonly loss: number;
  /** The share of targets that the model finds most likely. */
  readonly accuracy: number;
  /** How many targets counted: tokens, or sequences. */
  readonly count: number;
}

export interface EvaluateOptions {
  /** Look at so many batches at most. */
  batches?: number;
}

/** A target that does not count, as `crossEntropy` has it. */
const IGNORED = -100;

/** Queued batches whose sums have not been read: what a GPU is given before it is waited for. */
const AT_ONCE = 32;

/**
 * How well a model does on data it need not have seen. It is in evaluation mode meanwhile, and nothing is recorded.
 * Errors: no batches.
 */
export async function evaluate(
  model: Model,
  data: BatchSequence,
  { batches = Number.POSITIVE_INFINITY }: EvaluateOptions = {},
): Promise<Evaluation> {
  const device = deviceOf(model);
  const { training } = model;
  const sums = [0, 0, 0];
  let waiting: Tensor[][] = [];
  const collect = async () => {
    const values = await readAll(waiting.flat());
    values.forEach((value, i) => {
      sums[i % sums.length] += value;
    });
    waiting = [];
    await nextTask();
  };
  model.eval();
  try {
    const iterator = data.batches(device)[Symbol.iterator]();
    for (let number = 0; number < batches; number++) {
      const part = scope(() => {
        const { done, value } = iterator.next();
        return done ? undefined : noGrad(() => score(model, value));
      });
      if (part === undefined) break;
      waiting.push(part);
      if (waiting.length === AT_ONCE) await collect();
    }
    await collect();
  } finally {
    model.train(training);
  }
  const [loss, correct, count] = sums;
  if (count === 0) throw new Error("evaluate: there is nothing to evaluate on");
  return { loss: loss / count, accuracy: correct / count, count };
}

/** Of one batch: the sum of the losses, how many are right, how many count. */
function score(model: Model, { inputs, targets, mask }: Batch): Tensor[] {
  const logits = model.forward(inputs, mask);
  const loss = crossEntropy(logits, targets, { reduction: "sum" });
  const correct = logits.argmax(-1).eq(targets).float().sum();
  return [loss, correct, targets.ne(IGNORED).float().sum()];
}
