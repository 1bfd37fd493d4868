import { noGrad, type Tensor, tensor } from "@lectern/autograd";
import { Linear } from "@lectern/nn";
import { matrix } from "../../../scripts/src/course/exercise.ts";

type Student = typeof import("./starter.ts");

export const closed = ["LoRALinear", "addLoRA", "mergeLoRA", "loraLayers"];

/** A layer and its adapter. */
export interface Adapted {
  /** [outputs, inputs] */
  weight: number[][];
  /** [outputs] */
  bias: number[];
  /** A: [rank, inputs] */
  down: number[][];
  /** B: [outputs, rank] */
  up: number[][];
  alpha: number;
}

type Plain = Pick<Adapted, "weight" | "bias">;

function linearOf({ weight, bias }: Plain): Linear {
  const layer = new Linear(weight[0].length, weight.length);
  noGrad(() => {
    layer.weight.copy_(tensor(weight));
    layer.bias!.copy_(tensor(bias));
  });
  return layer;
}

/** The student's layer, with A and B as given. */
function adapted({ LoRALinear }: Student, { down, up, alpha, ...plain }: Adapted): InstanceType<Student["LoRALinear"]> {
  const layer = new LoRALinear(linearOf(plain), { rank: down.length, alpha });
  noGrad(() => {
    layer.down.copy_(tensor(down));
    layer.up.copy_(tensor(up));
  });
  return layer;
}

const filling = (x: Tensor): string => (x.abs().max().itemSync() === 0 ? "zeros" : "random");

export const exercises = {
  /** A fresh layer: how A and B begin, and what it gives. */
  async fresh(
    { LoRALinear }: Student,
    { x, rank, alpha, ...plain }: Plain & { x: number[][]; rank: number; alpha: number },
  ) {
    const layer = new LoRALinear(linearOf(plain), { rank, alpha });
    return { down: filling(layer.down), up: filling(layer.up), y: await matrix(layer.forward(tensor(x))) };
  },

  /** What is trained of a layer, with its shape. */
  trained({ LoRALinear }: Student, { rank, ...plain }: Plain & { rank: number }): string[] {
    const layer = new LoRALinear(linearOf(plain), { rank, alpha: rank });
    return [...layer.namedParameters()]
      .filter(([, p]) => p.requiresGrad)
      .map(([name, p]) => `${name} [${p.shape.join(", ")}]`)
      .sort();
  },

  forward: (student: Student, { x, ...given }: Adapted & { x: number[][] }) =>
    matrix(adapted(student, given).forward(tensor(x))),

  /** The gradients of sum(weights * y). */
  async gradients(student: Student, { x, dy, ...given }: Adapted & { x: number[][]; dy: number[][] }) {
    const layer = adapted(student, given);
    layer.forward(tensor(x)).mul(tensor(dy)).sum().backward();
    const { down, up } = layer;
    if (down.grad === undefined || up.grad === undefined) throw new Error("no gradient reaches A and B");
    return { down: await matrix(down.grad), up: await matrix(up.grad) };
  },

  /** The merged layer, how many of its numbers can be trained, and what the other gives behind it. */
  async merged(student: Student, { x, ...given }: Adapted & { x: number[][] }) {
    const layer = adapted(student, given);
    const plain = layer.merged();
    const trained = plain.parameters().reduce((sum, p) => sum + (p.requiresGrad ? p.size : 0), 0);
    return {
      weight: await matrix(plain.weight),
      y: await matrix(plain.forward(tensor(x))),
      trained,
      adaptedStill: await matrix(layer.forward(tensor(x))),
    };
  },
};
