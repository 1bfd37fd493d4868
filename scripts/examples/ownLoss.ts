/**
 * A model with a loss of its own: a denoising autoencoder (Vincent et al., 2008). Whatever a model's `loss(batch)` gives is
 * made small, and validated by.
 *
 *     npx node scripts/examples/ownLoss.ts [steps]
 */
import { manualSeed, mseLoss, randn, type Tensor } from "@lectern/autograd";
import { Linear, Module } from "@lectern/nn";
import { AdamW, DataLoader, SortedExamples, stack, Trainer } from "@lectern/train";

const SIZE = 12;

interface Pictures {
  readonly images: Tensor;
}

/** Learns to give a picture back that noise was added to. images: [batch, size, size] */
class Autoencoder extends Module {
  readonly encoder = new Linear(SIZE * SIZE, 16);
  readonly decoder = new Linear(16, SIZE * SIZE);

  forward(images: Tensor): Tensor {
    const code = this.encoder.forward(images.reshape([-1, SIZE * SIZE])).tanh();
    return this.decoder.forward(code).reshape(images.shape);
  }

  loss({ images }: Pictures): Tensor {
    const noisy = this.training ? images.add(randn(images.shape).mul(0.1)) : images;
    return mseLoss(this.forward(noisy), images);
  }
}

/** A bright disc somewhere. */
function disc(x: number, y: number, radius: number): number[] {
  return Array.from({ length: SIZE * SIZE }, (_, i) =>
    Math.hypot((i % SIZE) - x, Math.floor(i / SIZE) - y) < radius ? 1 : 0,
  );
}

manualSeed(1);
const steps = Number(process.argv[2] ?? 600);
const pictures = Array.from({ length: 300 }, (_, i) => ({ images: disc(3 + (i % 7), 3 + (i % 6), 2 + (i % 3)) }));
const collate = stack({ images: { dtype: "float32", shape: [SIZE, SIZE] } }, "images");

const model = new Autoencoder();
const trainer = new Trainer({ model, optimizer: new AdamW(model.parameters(), { lr: 5e-3 }) });
const validation = new SortedExamples(pictures.slice(240), { batch: 30, collate });
const train = new DataLoader(pictures.slice(0, 240), { batch: 30, collate, seed: 1 });
const result = await trainer.fit(train, { steps, validation });
console.log(`squared error of ${result.validation!.count} pictures: ${result.validation!.loss.toFixed(4)}`);
