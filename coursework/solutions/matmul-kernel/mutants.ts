import type { Mutants } from "../../../scripts/src/course/task.ts";

const LOOP = `for (let k = 0; k < inner; k++) {
      sum += a[this.thread.y][k] * b[k][this.thread.x];
    }`;
const PRODUCT = "a[this.thread.y][k] * b[k][this.thread.x]";
const GRADIENTS = "[matmul(dy, b.T), matmul(a.T, dy)]";

export const mutants: Mutants = {
  elementwise: [[LOOP, "sum = a[this.thread.y][this.thread.x] * b[this.thread.y][this.thread.x];"]],
  exchanged: [[PRODUCT, "a[this.thread.x][k] * b[k][this.thread.y]"]],
  rowsOfB: [[PRODUCT, "a[this.thread.y][k] * b[this.thread.x][k]"]],
  lastAlone: [["sum += ", "sum = "]],
  short: [["k < inner;", "k < inner - 1;"]],
  shape: [["[a.shape[0], b.shape[1]]", "[a.shape[0], a.shape[0]]"]],
  notTransposed: [[GRADIENTS, "[matmul(dy, b), matmul(a, dy)]"]],
  notTranslated: [
    [LOOP, "sum = [...a[this.thread.y]].reduce((all, value, k) => all + value * b[k][this.thread.x], 0 * inner);"],
  ],
};
