export interface SlowMatrix {
  readonly rows: number;
  readonly columns: number;
  load(row: number, column: number): number;
}

/** A tile's numbers, row after row. Errors: it reaches beyond the matrix. */
function copied(from: SlowMatrix, top: number, left: number, height: number, width: number): Float64Array {
  const tile = new Float64Array(height * width);
  for (let i = 0; i < height; i++) {
    for (let j = 0; j < width; j++) tile[i * width + j] = from.load(top + i, left + j);
  }
  return tile;
}

/** The product a b, tile by tile. a: [rows, inner], b: [inner, columns] -> [rows, columns], row after row */
export function matmul(a: SlowMatrix, b: SlowMatrix, tile: number): Float64Array {
  const [rows, inner, columns] = [a.rows, a.columns, b.columns];
  const c = new Float64Array(rows * columns);
  for (let top = 0; top < rows; top += tile) {
    const height = Math.min(tile, rows - top);
    for (let left = 0; left < columns; left += tile) {
      const width = Math.min(tile, columns - left);
      for (let start = 0; start < inner; start += tile) {
        const depth = Math.min(tile, inner - start);
        const ofA = copied(a, top, start, height, depth);
        const ofB = copied(b, start, left, depth, width);
        for (let i = 0; i < height; i++) {
          for (let j = 0; j < width; j++) {
            let sum = 0;
            for (let k = 0; k < depth; k++) sum += ofA[i * depth + k] * ofB[k * width + j];
            c[(top + i) * columns + left + j] += sum;
          }
        }
      }
    }
  }
  return c;
}
