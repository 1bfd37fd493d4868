import { FLOAT, INTEGER, type Tensor, tensor } from "@lectern/autograd";
import { type LabelledImage, loadImages } from "@lectern/datasets";
import { AdamW, cosine, DataLoader, evaluate, type Model, SortedExamples, stack, Trainer } from "@lectern/train";

/** What the experiments on handwritten digits share: the pictures, and one way of learning from them. */
export interface Digits {
  readonly train: readonly LabelledImage[];
  /** Held out. */
  readonly validation: readonly LabelledImage[];
}

export interface DigitsOptions {
  /** How many pictures are learned from (8,000 at most), and how many are held out (2,000 at most). */
  readonly train: number;
  readonly validation: number;
  /** Divides the pictures into those two. */
  readonly seed: number;
}

export async function digits({ train, validation, seed }: DigitsOptions): Promise<Digits> {
  const parts = await loadImages("digits", { seed });
  return { train: parts.train.slice(0, train), validation: parts.validation.slice(0, validation) };
}

export interface TrainingOptions {
  readonly steps: number;
  readonly batch: number;
  readonly lr: number;
  /** Orders the pictures. */
  readonly seed: number;
  /** Hears the loss of every step, and how many are done. */
  onStep?(loss: number, step: number): void;
}

interface Example {
  /** Named as the Trainer's batches are. */
  readonly inputs: Float32Array;
  readonly targets: number;
}

/** Square pictures as the Trainer's batches: inputs [batch, 1, size, size], targets [batch]. */
function batched(images: readonly LabelledImage[]) {
  const size = Math.sqrt(images[0].pixels.length);
  const examples = images.map(({ pixels, label }): Example => ({ inputs: pixels, targets: label }));
  const collate = stack({ inputs: { dtype: FLOAT, shape: [1, size, size] }, targets: { dtype: INTEGER } }, "digits");
  return { examples, collate };
}

/**
 * Trains a classifier by AdamW, its learning rate warmed up and decayed on a cosine. Gives the share of the held-out digits that it
 * gets right.
 */
export async function trainOn(model: Model, data: Digits, options: TrainingOptions): Promise<number> {
  const { steps, batch, lr, seed, onStep } = options;
  const trainer = new Trainer({
    model,
    optimizer: new AdamW(model.parameters(), { lr }),
    schedule: cosine({ warmup: Math.ceil(steps / 20), steps }),
    callbacks: [{ onStep: ({ loss, step }) => onStep?.(loss, step) }],
    progress: "off",
  });
  const { examples, collate } = batched(data.train);
  await trainer.fit(new DataLoader(examples, { batch, collate, seed }), { steps });
  return accuracyOf(model, data.validation);
}

/** The share of pictures that a classifier gets right. */
export async function accuracyOf(model: Model, images: readonly LabelledImage[]): Promise<number> {
  const { examples, collate } = batched(images);
  const { accuracy } = await evaluate(model, new SortedExamples(examples, { batch: 250, collate }));
  return accuracy!;
}

/** A square picture as a batch of one: [1, 1, size, size]. */
export function asBatch({ pixels }: LabelledImage): Tensor {
  const size = Math.sqrt(pixels.length);
  return tensor(pixels, { shape: [1, 1, size, size] });
}
