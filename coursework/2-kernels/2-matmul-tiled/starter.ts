/** A matrix in slow memory: every `load` is counted. */
export interface SlowMatrix {
  readonly rows: number;
  readonly columns: number;
  /** The number in this row and column. Errors: there is no such row or column. */
  load(row: number, column: number): number;
}

/**
 * The product a b, tile by tile: a square of tile x tile numbers of a and one of b are copied into small arrays, each number
 * by one load, and then multiplied from there. Tiles at the edges are smaller where the sizes are no multiples.
 * a: [rows, inner], b: [inner, columns] -> [rows, columns], row after row in one array
 */
export function matmul(a: SlowMatrix, b: SlowMatrix, tile: number): Float64Array {
  throw new Error(`TODO: [${a.rows}, ${a.columns}] times [${b.rows}, ${b.columns}] in tiles of ${tile}`);
}
