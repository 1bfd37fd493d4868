import { tensor } from "@lectern/autograd";
import { matrix } from "../../../scripts/src/course/exercise.ts";

type Student = typeof import("./starter.ts");

export const closed = [
  ...["TransformerBlock", "FeedForward", "TransformerEncoder", "TransformerDecoder", "DecoderBlock"],
  ...["GPT", "TransformerClassifier"],
];

interface Given {
  /** One sequence: [time, width]. */
  x: number[][];
  heads: number;
  vectors: Record<string, number[]>;
  matrices: Record<string, number[][]>;
}

function blockOf({ TransformerBlock }: Student, { x, heads, vectors, matrices }: Given) {
  const block = new TransformerBlock(x[0].length, heads);
  const entries = Object.entries({ ...vectors, ...matrices }).map(([name, values]) => [name, tensor(values)] as const);
  block.loadStateDict(Object.fromEntries(entries));
  return block;
}

export const exercises = {
  outputs: (student: Student, given: Given) =>
    matrix(
      blockOf(student, given)
        .forward(tensor([given.x]))
        .squeeze(0),
    ),

  /** The gradient of sum(factors * outputs). */
  async gradient(student: Student, { factors, ...given }: Given & { factors: number[][] }) {
    const variable = tensor([given.x], { requiresGrad: true });
    blockOf(student, given)
      .forward(variable)
      .mul(tensor([factors]))
      .sum()
      .backward();
    return matrix(variable.grad!.squeeze(0));
  },
};
