import type { Mutants } from "../../../scripts/src/course/task.ts";

const UP = "const up = f(x.with(i, value + step));";
const DOWN = "const down = f(x.with(i, value - step));";
const QUOTIENT = "return (up - down) / (2 * step);";
const BOUND = "1e-6 + 1e-4 * Math.abs(measured[i])";

export const mutants: Mutants = {
  forward: [
    [DOWN, "const down = f(x);"],
    [QUOTIENT, "return (up - down) / step;"],
  ],
  half: [[QUOTIENT, "return (up - down) / step;"]],
  moved: [
    [UP, "const point = x as number[]; point[i] = value + step; const up = f(point);"],
    [DOWN, "point[i] = value - step; const down = f(point);"],
  ],
  float32: [
    [UP, "const up = f([...Float32Array.from(x.with(i, value + step))]);"],
    [DOWN, "const down = f([...Float32Array.from(x.with(i, value - step))]);"],
    ["const measured = ", "const measured: number[] = "],
  ],
  signed: [["return Math.abs(claimed - measured[i]) > bound;", "return claimed - measured[i] > bound;"]],
  onlyFirst: [
    ["return Math.abs(claimed - measured[i]) > bound;", "return i === 0 && Math.abs(claimed - measured[i]) > bound;"],
  ],
  last: [["gradient(x).findIndex(", "gradient(x).findLastIndex("]],
  absolute: [[BOUND, "1e-6"]],
  relative: [[BOUND, "1e-4 * Math.abs(measured[i])"]],
};
