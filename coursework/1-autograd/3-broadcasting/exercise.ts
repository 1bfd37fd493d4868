import { type Tensor, tensor } from "@lectern/autograd";

type Student = typeof import("./starter.ts");

/** A tensor in plain numbers, the last axis running fastest. */
export type Numbers = { shape: number[]; values: number[] };

const made = ({ shape, values }: Numbers, requiresGrad = false): Tensor => tensor(values, { shape, requiresGrad });
const numbers = async (x: Tensor): Promise<Numbers> => ({ shape: [...x.shape], values: [...(await x.data())] });

export const exercises = {
  sumTo: ({ sumTo }: Student, { dy, shape }: { dy: Numbers; shape: number[] }) => numbers(sumTo(made(dy), shape)),

  /** The gradients of sum(weights * a * b). */
  async gradients({ multiply }: Student, { a, b, weights }: { a: Numbers; b: Numbers; weights: Numbers }) {
    const [left, right] = [made(a, true), made(b, true)];
    multiply(left, right).mul(made(weights)).sum().backward();
    return { a: await numbers(left.grad!), b: await numbers(right.grad!) };
  },
};
