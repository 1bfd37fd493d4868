import { tensor } from "@lectern/autograd";
import { matrix } from "../../../scripts/src/course/exercise.ts";

type Student = typeof import("./starter.ts");

export const closed = ["silu", "swiglu"];

export const exercises = {
  value: ({ silu }: Student, { x }: { x: number[][] }) => matrix(silu(tensor(x))),

  /** The gradient of sum(weights * silu(x)). */
  async gradient({ silu }: Student, { x, weights }: { x: number[][]; weights: number[][] }) {
    const variable = tensor(x, { requiresGrad: true });
    silu(variable).mul(tensor(weights)).sum().backward();
    return matrix(variable.grad!);
  },

  /** Whether the graph goes from the result to x in one step: by the op's own rule. */
  ownRule({ silu }: Student, { x }: { x: number[][] }) {
    const variable = tensor(x, { requiresGrad: true });
    const y = silu(variable);
    y.sum().backward({ retainGraph: true });
    const inputs = y.node?.inputs ?? [];
    return inputs.length === 1 && inputs[0] === variable;
  },
};
