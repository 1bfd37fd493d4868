type Student = typeof import("./starter.ts");

export type Input = { a: number[][]; b: number[][]; tile: number };

/** A matrix that counts what is loaded of it. */
function counted(values: number[][]) {
  const [rows, columns] = [values.length, values[0].length];
  let loads = 0;
  const matrix = {
    rows,
    columns,
    load(row: number, column: number): number {
      const value = values[row]?.[column];
      if (value === undefined) throw new RangeError(`no element [${row}, ${column}] in a matrix [${rows}, ${columns}]`);
      loads++;
      return value;
    },
  };
  return { matrix, loads: () => loads };
}

export const exercises = {
  product: ({ matmul }: Student, { a, b, tile }: Input) => [...matmul(counted(a).matrix, counted(b).matrix, tile)],

  /** How often a number of a, and one of b, was loaded. */
  loads({ matmul }: Student, { a, b, tile }: Input) {
    const [left, right] = [counted(a), counted(b)];
    matmul(left.matrix, right.matrix, tile);
    return { a: left.loads(), b: right.loads() };
  },
};
