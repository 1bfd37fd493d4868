type Student = typeof import("./starter.ts");

const sum = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0);
const next = (x: readonly number[], i: number): number => x[(i + 1) % x.length];
const before = (x: readonly number[], i: number): number => x[(i + x.length - 1) % x.length];

/** Functions of several numbers, each with its right gradient. Each number meets its neighbour. */
export const functions = {
  cubes: {
    value: (x: readonly number[]) => sum(x.map((value, i) => value ** 3 * next(x, i))),
    gradient: (x: readonly number[]) => x.map((value, i) => 3 * value ** 2 * next(x, i) + before(x, i) ** 3),
  },
  waves: {
    value: (x: readonly number[]) => sum(x.map((value, i) => Math.sin(value) * next(x, i))),
    gradient: (x: readonly number[]) => x.map((value, i) => Math.cos(value) * next(x, i) + Math.sin(before(x, i))),
  },
  /** So large that what it rounds away is more than a millionth. */
  large: {
    value: (x: readonly number[]) => sum(x.map((value) => 1e7 * Math.exp(value))),
    gradient: (x: readonly number[]) => x.map((value) => 1e7 * Math.exp(value)),
  },
  /** Where a number is zero, so is its derivative; differences measure step². */
  flat: {
    value: (x: readonly number[]) => sum(x.map((value) => value ** 3)),
    gradient: (x: readonly number[]) => x.map((value) => 3 * value ** 2),
  },
} as const;

export type Name = keyof typeof functions;
export type Measured = { name: Name; x: number[]; step: number };
/** What is added to the right gradient: claimed[i] = right[i] + errors[i]. */
export type Claim = { name: Name; x: number[]; errors: number[] };

export const exercises = {
  numeric({ numericGradient }: Student, { name, x, step }: Measured) {
    const point = [...x];
    const gradient = [...numericGradient(functions[name].value, point, step)];
    return { gradient, x: point };
  },

  firstWrong({ firstWrong }: Student, { name, x, errors }: Claim) {
    const { value, gradient } = functions[name];
    return firstWrong(value, (at) => gradient(at).map((right, i) => right + errors[i]), x);
  },
};
