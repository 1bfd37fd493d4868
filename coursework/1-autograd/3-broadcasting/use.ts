import { defineOp, mseLoss, ones, randn, type Tensor, zeros } from "@lectern/autograd";
import { Linear, Module, parameter } from "@lectern/nn";
import { AdamW } from "@lectern/train";
import { besideUsed, SQUARED_ERROR, trainTwice } from "../../../scripts/src/course/curves.ts";
import { defineUse } from "../../../scripts/src/course/use.ts";

type Binary = (a: Tensor, b: Tensor) => Tensor;
const timesOfLibrary: Binary = (a, b) => a.mul(b);
const plusOfLibrary: Binary = (a, b) => a.add(b);

/** y = scale * (x Wᵀ) + bias, where scale and bias are broadcast to every row. x: [batch, inputs] -> [batch, outputs] */
class Scaled extends Module {
  readonly linear: Linear;
  readonly scale: Tensor;
  readonly bias: Tensor;
  readonly #multiply: Binary;
  readonly #add: Binary;

  constructor(inputs: number, outputs: number, multiply: Binary, add: Binary) {
    super();
    this.linear = new Linear(inputs, outputs, { bias: false });
    this.scale = parameter(ones([outputs]));
    this.bias = parameter(zeros([outputs]));
    this.#multiply = multiply;
    this.#add = add;
  }

  forward(x: Tensor): Tensor {
    return this.#add(this.#multiply(this.linear.forward(x), this.scale), this.bias);
  }
}

/** A linear layer learns another's values, with the student's gradients of what is broadcast. */
export const use = defineUse<typeof import("./starter.ts")>(async (student, context) => {
  const add = defineOp("ownAdd", {
    forward: (_, a: Tensor, b: Tensor) => a.add(b),
    backward: (ctx, dy) => ctx.shapes.map((shape) => student.sumTo(dy, shape)),
  });
  const curves = await trainTwice(context, { full: 300, quick: 20 }, (isMine) => {
    const x = randn([256, 8]);
    const noise = randn([256, 4]).mul(0.1);
    const y = x
      .matmul(randn([8, 4]))
      .mul(randn([4]))
      .add(randn([4]))
      .add(noise);
    const layer = isMine ? new Scaled(8, 4, student.multiply, add) : new Scaled(8, 4, timesOfLibrary, plusOfLibrary);
    const optimizer = new AdamW(layer.parameters(), { lr: 0.03, weightDecay: 0 });
    return () => {
      const loss = mseLoss(layer.forward(x), y);
      const value = loss.itemSync();
      loss.backward();
      optimizer.step();
      optimizer.zeroGrad();
      return value;
    };
  });
  return besideUsed({ en: "your gradients", ru: "вашими градиентами" }, curves, SQUARED_ERROR);
});
