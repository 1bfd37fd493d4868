/**
 * A data set of images, in one file: digits of 5 x 7 dots, moved about and with noise. The Trainer learns from tensors by any
 * names; the objective says which of them are shown, and what they should become.
 *
 *     npx node scripts/examples/images.ts [steps]
 */
import { manualSeed, random, type Tensor } from "@lectern/autograd";
import { stratifiedSplit } from "@lectern/datasets";
import { Linear, Module } from "@lectern/nn";
import { AdamW, accuracy, DataLoader, SortedExamples, stack, supervised, Trainer } from "@lectern/train";

/** Each digit's rows from the top, five dots a row as bits. */
const DIGITS = [
  [14, 17, 19, 21, 25, 17, 14],
  [4, 12, 4, 4, 4, 4, 14],
  [14, 17, 1, 2, 4, 8, 31],
  [31, 2, 4, 2, 1, 17, 14],
  [2, 6, 10, 18, 31, 2, 2],
  [31, 16, 30, 1, 1, 17, 14],
  [6, 8, 16, 30, 17, 17, 14],
  [31, 1, 2, 4, 8, 8, 8],
  [14, 17, 17, 14, 17, 17, 14],
  [14, 17, 17, 15, 1, 2, 12],
];
const SIZE = 10;

/** A digit somewhere in a picture of 10 x 10. */
function picture(label: number): { images: Float32Array; labels: number } {
  const images = Float32Array.from({ length: SIZE * SIZE }, () => 0.3 * random());
  const [left, top] = [Math.floor(random() * 3), Math.floor(random() * 3)];
  for (const [y, row] of DIGITS[label].entries()) {
    for (let x = 0; x < 5; x++) if ((row >> (4 - x)) & 1) images[(top + y) * SIZE + left + x] += 0.7;
  }
  return { images, labels: label };
}

interface Pictures {
  readonly images: Tensor;
  readonly labels: Tensor;
}

/** images: [batch, 10, 10] -> logits [batch, 10] */
class Reader extends Module {
  readonly hidden = new Linear(SIZE * SIZE, 64);
  readonly head = new Linear(64, 10);

  forward(images: Tensor): Tensor {
    return this.head.forward(this.hidden.forward(images.reshape([-1, SIZE * SIZE])).relu());
  }
}

manualSeed(1);
const steps = Number(process.argv[2] ?? 800);
const pictures = Array.from({ length: 2000 }, (_, i) => picture(i % 10));
const parts = stratifiedSplit(pictures, { share: 0.2, seed: 1, classOf: ({ labels }) => labels });
const collate = stack({ images: { dtype: "float32", shape: [SIZE, SIZE] }, labels: { dtype: "int32" } }, "images");

const model = new Reader();
const objective = supervised<Reader, Pictures>({
  outputs: (reader, { images }) => reader.forward(images),
  targets: ({ labels }) => labels,
  measures: { accuracy },
});
const trainer = new Trainer({ model, optimizer: new AdamW(model.parameters(), { lr: 3e-3 }), objective });
const train = new DataLoader(parts.train, { batch: 32, collate, seed: 1 });
const validation = new SortedExamples(parts.validation, { batch: 100, collate });
const result = await trainer.fit(train, { steps, validation });
console.log(`${(100 * result.validation!.accuracy!).toFixed(1)} % of ${result.validation!.count} images right`);
