import { tensor } from "@lectern/autograd";
import { vector } from "../../../scripts/src/course/exercise.ts";

type Student = typeof import("./starter.ts");

export const closed = ["AdamW", "Adam", "adamW_", "makeOptimizer"];

export interface Training {
  /** The parameter at first. */
  x: number[];
  /** One for each step. */
  gradients: number[][];
  lr: number;
  betas: [beta1: number, beta2: number];
  eps: number;
  weightDecay: number;
  gradScale: number;
}

export const exercises = {
  /** The parameter after each step. */
  async steps({ AdamW }: Student, { x, gradients, gradScale, ...options }: Training) {
    const p = tensor(x, { requiresGrad: true });
    const optimizer = new AdamW([p], options);
    const seen: number[][] = [];
    for (const gradient of gradients) {
      optimizer.zeroGrad();
      p.mul(tensor(gradient)).sum().backward();
      optimizer.step({ gradScale });
      seen.push(await vector(p));
    }
    return seen;
  },

  /** The same for a parameter beside another, which is trained for `before` steps alone; the clipping factor is a tensor. */
  async late({ AdamW }: Student, { x, gradients, gradScale, before, ...options }: Training & { before: number }) {
    const p = tensor(x, { requiresGrad: true });
    const other = tensor([1, -1], { requiresGrad: true });
    const optimizer = new AdamW([other, p], options);
    for (let i = 0; i < before; i++) {
      optimizer.zeroGrad();
      other.square().sum().backward();
      optimizer.step();
    }
    const seen: number[][] = [];
    for (const gradient of gradients) {
      optimizer.zeroGrad();
      p.mul(tensor(gradient)).sum().add(other.square().sum()).backward();
      optimizer.step({ gradScale: tensor(gradScale) });
      seen.push(await vector(p));
    }
    return seen;
  },
};
