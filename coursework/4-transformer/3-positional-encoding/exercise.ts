import { tensor } from "@lectern/autograd";
import { matrices, matrix } from "../../../scripts/src/course/exercise.ts";

type Student = typeof import("./starter.ts");

export const closed = ["SinusoidalEncoding", "PositionalEmbedding"];

export const exercises = {
  table: ({ sinusoids }: Student, { time, width, start }: { time: number; width: number; start: number }) =>
    matrix(sinusoids(time, width, start)),

  add: ({ addPositions }: Student, { x, start }: { x: number[][][]; start: number }) =>
    matrices(addPositions(tensor(x), start)),

  /** Without a word of where they start: the first stands at 0. The gradient of the outputs' sum comes along. */
  async fromZero({ addPositions }: Student, { x }: { x: number[][][] }) {
    const variable = tensor(x, { requiresGrad: true });
    const outputs = addPositions(variable);
    outputs.sum().backward();
    return { outputs: await matrices(outputs), gradient: await matrices(variable.grad!) };
  },
};
