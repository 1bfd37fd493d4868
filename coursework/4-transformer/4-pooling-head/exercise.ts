import { noGrad, tensor } from "@lectern/autograd";
import { matrix } from "../../../scripts/src/course/exercise.ts";

type Student = typeof import("./starter.ts");

export const closed = ["GlobalAveragePooling", "GlobalMaxPooling", "TransformerClassifier"];

/** A batch of sequences, and which positions hold a token. */
export interface Sequences {
  /** [batch, time, width] */
  x: number[][][];
  /** [batch, time] */
  mask?: number[][];
}

const maskOf = (mask: number[][] | undefined) => mask && tensor(mask, { dtype: "int32" });

export const exercises = {
  pool({ PoolingHead }: Student, { x, mask }: Sequences) {
    const head = new PoolingHead(x[0][0].length, 2);
    return matrix(head.pool(tensor(x), maskOf(mask)));
  },

  logits({ PoolingHead }: Student, { x, mask, weight, bias }: Sequences & { weight: number[][]; bias: number[] }) {
    const head = new PoolingHead(x[0][0].length, bias.length);
    noGrad(() => {
      head.linear.weight.copy_(tensor(weight));
      head.linear.bias!.copy_(tensor(bias));
    });
    return matrix(head.forward(tensor(x), maskOf(mask)));
  },

  /** The gradient of sum(weights * pool(x)). */
  async gradient({ PoolingHead }: Student, { x, mask, dy }: Sequences & { dy: number[][] }) {
    const head = new PoolingHead(x[0][0].length, 2);
    const variable = tensor(x, { requiresGrad: true });
    head.pool(variable, maskOf(mask)).mul(tensor(dy)).sum().backward();
    return (await variable.grad!.array()) as number[][][];
  },
};
