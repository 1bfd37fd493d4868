import type { Mutants } from "../../../scripts/src/course/task.ts";

const STORE = "c[(top + i) * columns + left + j] += sum;";
const SUM = "sum += ofA[i * depth + k] * ofB[k * width + j];";

export const mutants: Mutants = {
  overwritten: [[STORE, "c[(top + i) * columns + left + j] = sum;"]],
  firstTile: [["start < inner;", "start < Math.min(tile, inner);"]],
  edges: [
    [
      "const [rows, inner, columns] = [a.rows, a.columns, b.columns];",
      "const whole = (n: number) => n - (n % tile); const [rows, inner, columns] = [a.rows, a.columns, b.columns];",
    ],
    ["top < rows;", "top < whole(rows);"],
    ["left < columns;", "left < whole(columns);"],
    ["start < inner;", "start < whole(inner);"],
  ],
  beyond: [["const depth = Math.min(tile, inner - start);", "const depth = tile;"]],
  columnMajor: [[STORE, "c[(left + j) * rows + top + i] += sum;"]],
  stride: [[STORE, "c[(top + i) * inner + left + j] += sum;"]],
  untiled: [
    ["const ofA = copied(a, top, start, height, depth);", ""],
    ["const ofB = copied(b, start, left, depth, width);", ""],
    [SUM, "sum += a.load(top + i, start + k) * b.load(start + k, left + j);"],
  ],
  whole: [
    [
      "const c = new Float64Array(rows * columns);",
      `const c = new Float64Array(rows * columns);
  const [allA, allB] = [copied(a, 0, 0, rows, inner), copied(b, 0, 0, inner, columns)];`,
    ],
    ["const ofA = copied(a, top, start, height, depth);", ""],
    ["const ofB = copied(b, start, left, depth, width);", ""],
    [SUM, "sum += allA[(top + i) * inner + start + k] * allB[(start + k) * columns + left + j];"],
  ],
};
