/**
 * An optimiser of one's own: Lion (Chen et al., 2023), beside AdamW on the same model and text.
 *
 *     npx node scripts/examples/ownOptimizer.ts [steps]
 */
import { manualSeed, type Tensor } from "@lectern/autograd";
import { loadText } from "@lectern/datasets";
import { GPT } from "@lectern/nn";
import {
  AdamW,
  type GradScale,
  Optimizer,
  type ParameterGroup,
  type Parameters,
  Trainer,
  textData,
} from "@lectern/train";

/** Each element takes a step of one size, in the direction of an average of gradients: `p -= lr (sign(c) + weightDecay p)`. */
class Lion extends Optimizer {
  constructor(parameters: Parameters, { lr = 1e-4, weightDecay = 0 } = {}) {
    super(parameters, { lr, weightDecay });
  }

  protected update(parameters: readonly Tensor[], { lr, weightDecay }: ParameterGroup, gradScale: GradScale): void {
    for (const p of parameters) {
      const average = this.slot(p, "exp_avg");
      const grad = p.grad!.mul(gradScale);
      // The direction forgets fast, what is remembered slowly.
      const direction = average.mul(0.9).add(grad.mul(0.1)).sign();
      p.sub_(direction.add(p.mul(weightDecay)).mul(lr));
      average.mul_(0.99).add_(grad.mul(0.01));
    }
  }
}

const steps = Number(process.argv[2] ?? 300);
const corpus = await loadText("moby-dick");

for (const name of ["Lion", "AdamW"] as const) {
  manualSeed(1);
  const { train, validation, tokenizer } = textData(corpus, { context: 32, batch: 8 });
  const model = new GPT({ vocabulary: tokenizer.size, layers: 2, heads: 4, width: 64, context: 32 });
  // Its steps are as large as they can be, so Lion wants a learning rate three to ten times smaller.
  const optimizer =
    name === "Lion" ? new Lion(model.parameters(), { lr: 7e-4 }) : new AdamW(model.parameters(), { lr: 2e-3 });
  const { validation: found } = await new Trainer({ model, optimizer }).fit(train, {
    steps,
    validation,
    evaluateBatches: 20,
  });
  console.log(`${name} after ${steps} steps: ${found?.loss.toFixed(3)} nats a character`);
}
