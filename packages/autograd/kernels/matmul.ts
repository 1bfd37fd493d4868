// Matrix products, after Goto & van de Geijn, "Anatomy of high-performance matrix multiplication" (2008): blocks of both
// operands are packed into panels, and an inner loop keeps MR x NR sums in registers.

import { block, MR, NR } from "./blocks";
import { pack } from "./pack";
import { rowOffset } from "./elementwise";
import { thin } from "./thin";

/** Depth of a panel of b: KC * NR floats stay in the first-level cache. */
export const KC: i32 = 256;
/** Rows of a packed at a time: MC * KC floats stay in the second-level cache. A multiple of 6 and 4. */
export const MC: i32 = 192;
/** Columns of b packed at a time. */
export const NC: i32 = 1024;

/** What a thread's scratch memory holds at least. */
export const SCRATCH_FLOATS: i32 = MC * KC + NC * KC;

/** This thread's own memory for panels; set once by `setScratch`. */
export let scratch: usize = 0;

/** Bytes of scratch memory that a thread needs. */
export function scratchSize(): i32 {
  return 4 * (SCRATCH_FLOATS + MR * NR);
}

export function setScratch(address: usize): void {
  scratch = address;
}

export function scratchAddress(): usize {
  return scratch;
}

/** A block at the edge of c: the whole of it is computed beside, and what lies within c is taken. */
export function blockAtEdge(
  depth: i32, a: usize, b: usize, c: usize, step: usize, add: bool, rows: i32, columns: i32, beside: usize,
): void {
  block(depth, a, b, beside, NR * 4, false);
  for (let i = 0; i < rows; i++) {
    for (let j = 0; j < columns; j++) {
      const y = c + i * step + j * 4;
      const x = load<f32>(beside + (i * NR + j) * 4);
      store<f32>(y, add ? load<f32>(y) + x : x);
    }
  }
}

/** One product. Steps in bytes: of a along m and k, of b along k and n; rows of c lie cStep apart. */
function gemm(
  m: i32, n: i32, k: i32, a: usize, aRow: usize, aColumn: usize, b: usize, bRow: usize, bColumn: usize,
  c: usize, cStep: usize, accumulate: bool,
): void {
  const panelsA = scratch;
  const panelsB = panelsA + MC * KC * 4;
  const beside = panelsB + NC * KC * 4;
  for (let j0 = 0; j0 < n; j0 += NC) {
    const columns = min(NC, n - j0);
    for (let k0 = 0; k0 < k; k0 += KC) {
      const depth = min(KC, k - k0);
      const add = accumulate || k0 > 0;
      pack(panelsB, NR, b + k0 * bRow + j0 * bColumn, bColumn, bRow, columns, depth);
      for (let i0 = 0; i0 < m; i0 += MC) {
        const rows = min(MC, m - i0);
        pack(panelsA, MR, a + i0 * aRow + k0 * aColumn, aRow, aColumn, rows, depth);
        for (let j = 0; j < columns; j += NR) {
          const panelB = panelsB + j * depth * 4;
          const y = c + i0 * cStep + (j0 + j) * 4;
          const whole = columns - j >= NR;
          for (let i = 0; i < rows; i += MR) {
            const panelA = panelsA + i * depth * 4;
            if (whole && rows - i >= MR) block(depth, panelA, panelB, y + i * cStep, cStep, add);
            else {
              const height = min(MR, rows - i);
              blockAtEdge(depth, panelA, panelB, y + i * cStep, cStep, add, height, min(NR, columns - j), beside);
            }
          }
        }
      }
    }
  }
}

// --- the kernel -----------------------------------------------------------------------------------

/**
 * Batches of products. Units are tiles: tilesM x tilesN of each batch, of tileM rows and tileN columns. `axes` describes
 * the batch axes of a and b (operands 0 and 1; one extra innermost axis of strides 0), out's matrices follow each other.
 */
export function matmul(
  begin: i32, end: i32, m: i32, n: i32, k: i32, axes: usize, tileM: i32, tileN: i32, out: usize,
  a: usize, aRow: usize, aColumn: usize, b: usize, bRow: usize, bColumn: usize, accumulate: bool,
): void {
  const tilesM = (m + tileM - 1) / tileM;
  const tilesN = (n + tileN - 1) / tileN;
  for (let unit = begin; unit < end; unit++) {
    const batch = unit / (tilesM * tilesN);
    const tile = unit - batch * tilesM * tilesN;
    const i = (tile / tilesN) * tileM;
    const j = (tile % tilesN) * tileN;
    const rows = min(tileM, m - i);
    const columns = min(tileN, n - j);
    const x = a + rowOffset(batch, axes, 0) + i * aRow;
    const w = b + rowOffset(batch, axes, 1) + j * bColumn;
    const y = out + ((batch * m + i) * n + j) * 4;
    // A product with one column is its transpose's with one row.
    if (n == 1 && thin(1, rows, k, w, 0, bRow, x, aColumn, aRow, y, 0, accumulate)) continue;
    if (m <= 4 && thin(rows, columns, k, x, aRow, aColumn, w, bRow, bColumn, y, n * 4, accumulate)) continue;
    gemm(rows, columns, k, x, aRow, aColumn, w, bRow, bColumn, y, n * 4, accumulate);
  }
}
