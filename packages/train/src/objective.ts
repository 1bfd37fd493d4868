import { crossEntropy, type Tensor } from "@lectern/autograd";
import type { Module } from "@lectern/nn";
import { type Batch, sizeOf } from "./data/batch.ts";
import { accuracy, countOf, type Measured, measured, type Score } from "./measures.ts";
import { type Loss, type Model, type ModelWithLoss, meanCrossEntropy } from "./model.ts";

/**
 * What a model is trained for: the number that a step makes small, and the measures that an evaluation reports. Both sides
 * of a training use one object, so that what is validated is what is trained.
 */
export interface Objective<M extends Module = Model, B extends object = Batch> {
  /** The number that a step makes small, one element, recorded. */
  loss(model: M, batch: B): Tensor;
  /** What is reported of one batch, by name; `loss` has to be among them. Nothing is recorded, and nothing is random. */
  measures(model: M, batch: B): Readonly<Record<string, Measured>>;
  /** The measure that chooses the best weights; `loss` unless given. */
  readonly best?: string;
  /** Whether the best is the highest; false unless given. */
  readonly highest?: boolean;
  /** How many targets of a batch count, where it can be none: a step says so instead of a loss that is no number. */
  count?(batch: B): Tensor | number;
}

/** A loss function as those of `@lectern/autograd` and `@lectern/nn` are. */
export type Criterion = (outputs: Tensor, targets: Tensor, options: { reduction: "mean" | "sum" }) => Tensor;

/** How a batch and a model become outputs and targets, and what is measured of them. */
export interface SupervisedOptions<M extends Module, B extends object> {
  /** How far outputs are from targets; `crossEntropy` unless given. */
  criterion?: Criterion;
  /** What is reported beside the loss. */
  measures?: Readonly<Record<string, Score>>;
  /** The measure that chooses the best weights; `loss` unless given. */
  best?: string;
  /** Whether the best is the highest; false unless given. */
  highest?: boolean;
  /** `model.forward(batch.inputs, batch.mask)` unless given. */
  outputs?(model: M, batch: B): Tensor;
  /** What the outputs should be; `batch.targets` unless given. An autoencoder's are its inputs. */
  targets?(batch: B): Tensor;
}

/**
 * Learning from examples: a criterion between the model's outputs and what they should be, and scores of the same outputs.
 *
 *     supervised({ criterion: meanSquaredError, measures: { error: meanAbsoluteError } })
 *
 * Means are taken over the targets that count: classes other than -100, or every number of float32 targets.
 */
export function supervised<M extends Module = Module, B extends object = object>(
  options: SupervisedOptions<M, B> = {},
): Objective<M, B> {
  const { criterion = crossEntropy, measures = {}, outputs = forwardOf, targets = targetsOf, best, highest } = options;
  return {
    best,
    highest,
    loss: (model, batch) => criterion(outputs(model, batch), targets(batch), { reduction: "mean" }),
    measures(model, batch) {
      const [out, wanted] = [outputs(model, batch), targets(batch)];
      const count = countOf(wanted);
      const loss = { sum: criterion(out, wanted, { reduction: "sum" }), count };
      const scores = Object.entries(measures).map(([name, score]) => [name, measured(score(out, wanted), count)]);
      return { loss, ...Object.fromEntries(scores) };
    },
    count: (batch) => countOf(targets(batch)),
  };
}

/** Mean cross entropy in nats, and accuracy: what is trained by unless said otherwise. */
export const classification: Objective<Module, object> = {
  ...supervised({ measures: { accuracy } }),
  loss: (model, batch) => meanCrossEntropy(model as Model, withTargets(batch)),
};

/**
 * An objective that is a loss alone: the mean over batches, each weighed by its count, is what is reported.
 */
export function lossObjective<M extends Module, B extends object>(loss: Loss<M, B>): Objective<M, B> {
  return {
    loss,
    measures(model, batch) {
      const { count } = sizeOf(batch);
      return { loss: { sum: loss(model, batch).mul(count), count } };
    },
  };
}

/** What a training makes small: of three ways to say it, the first that is given. */
export interface ObjectiveOptions<M extends Module, B extends object> {
  /** What is made small and what is reported; the model's own `loss(batch)`, or else cross entropy and accuracy, unless given. */
  objective?: Objective<M, B>;
  /** The short form, for an objective that is a loss alone. */
  loss?: Loss<M, B>;
}

/** What a model is trained for: what was given, the loss it has itself, or cross entropy. Errors: both were given. */
export function objectiveOf<M extends Module, B extends object>(
  model: M,
  { objective, loss }: ObjectiveOptions<M, B>,
): Objective<M, B> {
  if (objective !== undefined && loss !== undefined) {
    throw new Error("Trainer: give either objective or loss: the loss is a part of the objective");
  }
  if (objective !== undefined) return objective;
  if (loss !== undefined) return lossObjective(loss);
  if (hasOwnLoss(model)) return lossObjective((_, batch) => model.loss(batch));
  return classification;
}

function hasOwnLoss(model: Module): model is Module & ModelWithLoss<object> {
  return "loss" in model && typeof model.loss === "function";
}

/** Errors: a batch without inputs, which this package's objectives cannot know the names of. */
function forwardOf(model: Module, batch: object): Tensor {
  const { inputs, mask } = withTargets(batch);
  return (model as Model).forward(inputs, mask);
}

function targetsOf(batch: object): Tensor {
  return withTargets(batch).targets;
}

function withTargets(batch: object): Batch {
  if ("inputs" in batch && "targets" in batch) return batch as Batch;
  const names = Object.keys(batch).join(", ");
  throw new Error(
    `objective: the batch has ${names}, and no inputs and targets to take the cross entropy of: ` +
      "give the model a method loss(batch), or the Trainer an objective",
  );
}
