/**
 * A layer with sub-layers: two branches and a gate between them, in a model that has a list of such layers. Their parameters
 * have names without anything being registered.
 *
 *     npx node scripts/examples/ownLayer.ts [steps]
 */
import { manualSeed, mseLoss, type Tensor } from "@lectern/autograd";
import { LayerNorm, Linear, Module } from "@lectern/nn";
import { AdamW, DataLoader, SortedExamples, stack, supervised, Trainer } from "@lectern/train";

/** Highway layer (Srivastava et al., 2015): a gate says how much of the input is replaced. x: [..., width] -> the same. */
class Highway extends Module {
  readonly norm: LayerNorm;
  readonly branches: { readonly change: Linear; readonly gate: Linear };

  constructor(width: number) {
    super();
    this.norm = new LayerNorm(width);
    this.branches = { change: new Linear(width, width), gate: new Linear(width, width) };
  }

  forward(x: Tensor): Tensor {
    const normed = this.norm.forward(x);
    const gate = this.branches.gate.forward(normed).sigmoid();
    return x.add(gate.mul(this.branches.change.forward(normed).tanh().sub(x)));
  }
}

/** A function of one number. x: [batch, 1] -> the same. */
class Curve extends Module {
  readonly into = new Linear(1, 16);
  readonly layers = [new Highway(16), new Highway(16)];
  readonly out = new Linear(16, 1);

  forward(x: Tensor): Tensor {
    return this.out.forward(this.layers.reduce((h, layer) => layer.forward(h), this.into.forward(x)));
  }
}

manualSeed(1);
const steps = Number(process.argv[2] ?? 1500);
const points = Array.from({ length: 200 }, (_, i) => i / 100 - 1).map((x) => ({ inputs: x, targets: Math.sin(5 * x) }));
const collate = stack(
  { inputs: { dtype: "float32", shape: [1] }, targets: { dtype: "float32", shape: [1] } },
  "points",
);

const model = new Curve();
console.log([...model.namedParameters().keys()].filter((name) => name.startsWith("layers.0")).join(", "));
const trainer = new Trainer({
  model,
  optimizer: new AdamW(model.parameters(), { lr: 1e-2 }),
  objective: supervised({ criterion: mseLoss }),
});
const validation = new SortedExamples(points, { batch: 100, collate });
const result = await trainer.fit(new DataLoader(points, { batch: 20, collate, seed: 1 }), { steps, validation });
console.log(`squared error after ${steps} steps: ${result.validation!.loss.toFixed(4)}`);
