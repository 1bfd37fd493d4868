import * as functions from "@lectern/autograd";
import { ones, type Tensor, tensor } from "@lectern/autograd";
import {
  BCELoss,
  BCEWithLogitsLoss,
  CrossEntropyLoss,
  HuberLoss,
  L1Loss,
  type Module,
  MSELoss,
  NLLLoss,
  SmoothL1Loss,
} from "@lectern/nn";
import { describe, expect, it } from "vitest";
import { ints } from "./fixture.ts";

/** A loss as a module, the function it stands for, and the target of two rows. */
type Pair = [
  Module & { forward(prediction: Tensor, target: Tensor): Tensor },
  (x: Tensor, t: Tensor) => Tensor,
  Tensor,
];

const [x, target, classes] = [
  tensor([
    [0.2, 0.7],
    [0.9, 0.4],
  ]),
  tensor([
    [1, 0],
    [0.5, 0.25],
  ]),
  ints([1, 0]),
];
const pairs: Record<string, Pair> = {
  MSELoss: [new MSELoss(), (p, t) => functions.mseLoss(p, t), target],
  L1Loss: [new L1Loss({ reduction: "sum" }), (p, t) => functions.l1Loss(p, t, { reduction: "sum" }), target],
  HuberLoss: [new HuberLoss({ delta: 0.3 }), (p, t) => functions.huberLoss(p, t, { delta: 0.3 }), target],
  SmoothL1Loss: [new SmoothL1Loss({ beta: 0.3 }), (p, t) => functions.smoothL1Loss(p, t, { beta: 0.3 }), target],
  BCELoss: [new BCELoss(), (p, t) => functions.binaryCrossEntropy(p, t), target],
  BCEWithLogitsLoss: [new BCEWithLogitsLoss(), (p, t) => functions.binaryCrossEntropyWithLogits(p, t), target],
  NLLLoss: [new NLLLoss({ reduction: "none" }), (p, t) => functions.nllLoss(p, t, { reduction: "none" }), classes],
  CrossEntropyLoss: [
    new CrossEntropyLoss({ labelSmoothing: 0.1 }),
    (p, t) => functions.crossEntropy(p, t, { labelSmoothing: 0.1 }),
    classes,
  ],
};

describe("a loss as a module", () => {
  it.each(Object.keys(pairs))("%s is its function with the options it was made with", (name) => {
    const [module, loss, wanted] = pairs[name];
    expect(module.constructor.name).toBe(name);
    expect(module.forward(x, wanted).arraySync()).toEqual(loss(x, wanted).arraySync());
    expect(module.parameters()).toEqual([]);
  });

  it("goes down as the prediction comes nearer", () => {
    const losses = [3, 1, 0].map((d) => new MSELoss().forward(ones([2]).add(d), ones([2])).itemSync());
    expect(losses).toEqual([9, 1, 0]);
  });
});
