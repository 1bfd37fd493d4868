import { type Tensor, tensor } from "@lectern/autograd";
import { matrix } from "../../../scripts/src/course/exercise.ts";

type Student = typeof import("./starter.ts");
type Rows = { logits: number[][]; targets: number[] };

export const closed = ["crossEntropy", "logSoftmax", "logsumexp", "nllLoss"];

const classes = (targets: number[]): Tensor => tensor(targets, { dtype: "int32" });

export const exercises = {
  loss: ({ crossEntropy }: Student, { logits, targets }: Rows) => crossEntropy(tensor(logits), classes(targets)).item(),

  /** The gradient of scale * cross entropy. */
  async gradient({ crossEntropy }: Student, { logits, targets, scale }: Rows & { scale: number }) {
    const variable = tensor(logits, { requiresGrad: true });
    crossEntropy(variable, classes(targets)).mul(scale).backward();
    return matrix(variable.grad!);
  },

  /** Whether the graph goes from the loss to the logits in one step: by the op's own rule. */
  ownRule({ crossEntropy }: Student, { logits, targets }: Rows) {
    const variable = tensor(logits, { requiresGrad: true });
    const given = classes(targets);
    const loss = crossEntropy(variable, given);
    loss.backward({ retainGraph: true });
    return loss.node?.inputs.length === 2 && loss.node.inputs[0] === variable && loss.node.inputs[1] === given;
  },
};
