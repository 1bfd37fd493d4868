// Matrix products, after Goto & van de Geijn, "Anatomy of high-performance matrix multiplication" (2008): blocks of both
// operands are packed into panels, and an inner loop keeps MR x 8 sums in registers.

import { madd, sumLanes } from "./lanes";
import { pack } from "./pack";
import { rowOffset } from "./elementwise";

// With a fused multiply-add 6 x 8 sums, 2 columns of b and one splat of a fill the 15 registers that V8 gives out;
// without, the product needs one more.
const MR: i32 = ASC_FEATURE_RELAXED_SIMD ? 6 : 4;
const NR: i32 = 8;
/** Depth of a panel of b: KC * NR floats stay in the first-level cache. */
const KC: i32 = 256;
/** Rows of a packed at a time: MC * KC floats stay in the second-level cache. A multiple of 6 and 4. */
const MC: i32 = 192;
/** Columns of b packed at a time. */
const NC: i32 = 1024;

/** What a thread's scratch memory holds at least. */
export const SCRATCH_FLOATS: i32 = MC * KC + NC * KC;

/** This thread's own memory for panels; set once by `setScratch`. */
export let scratch: usize = 0;

/** Bytes of scratch memory that a thread needs. */
export function scratchSize(): i32 {
  return 4 * (SCRATCH_FLOATS + 64);
}

export function setScratch(address: usize): void {
  scratch = address;
}

// @ts-ignore: decorator
@inline function put8(c: usize, x: v128, y: v128, add: bool): void {
  if (add) {
    v128.store(c, f32x4.add(v128.load(c), x));
    v128.store(c, f32x4.add(v128.load(c, 16), y), 16);
  } else {
    v128.store(c, x);
    v128.store(c, y, 16);
  }
}

/** c (4 x 8, rows `step` bytes apart) = or += a panel of a times a panel of b. */
function block4x8(depth: i32, a: usize, b: usize, c: usize, step: usize, add: bool): void {
  let c00 = f32x4.splat(0);
  let c01 = c00;
  let c10 = c00;
  let c11 = c00;
  let c20 = c00;
  let c21 = c00;
  let c30 = c00;
  let c31 = c00;
  const stop = a + <usize>depth * 16;
  for (; a != stop; a += 16, b += 32) {
    const b0 = v128.load(b);
    const b1 = v128.load(b, 16);
    let x = v128.load32_splat(a);
    c00 = madd(x, b0, c00);
    c01 = madd(x, b1, c01);
    x = v128.load32_splat(a, 4);
    c10 = madd(x, b0, c10);
    c11 = madd(x, b1, c11);
    x = v128.load32_splat(a, 8);
    c20 = madd(x, b0, c20);
    c21 = madd(x, b1, c21);
    x = v128.load32_splat(a, 12);
    c30 = madd(x, b0, c30);
    c31 = madd(x, b1, c31);
  }
  put8(c, c00, c01, add);
  put8(c + step, c10, c11, add);
  put8(c + 2 * step, c20, c21, add);
  put8(c + 3 * step, c30, c31, add);
}

/** The same with 6 x 8. */
function block6x8(depth: i32, a: usize, b: usize, c: usize, step: usize, add: bool): void {
  let c00 = f32x4.splat(0);
  let c01 = c00;
  let c10 = c00;
  let c11 = c00;
  let c20 = c00;
  let c21 = c00;
  let c30 = c00;
  let c31 = c00;
  let c40 = c00;
  let c41 = c00;
  let c50 = c00;
  let c51 = c00;
  const stop = a + <usize>depth * 24;
  for (; a != stop; a += 24, b += 32) {
    const b0 = v128.load(b);
    const b1 = v128.load(b, 16);
    let x = v128.load32_splat(a);
    c00 = madd(x, b0, c00);
    c01 = madd(x, b1, c01);
    x = v128.load32_splat(a, 4);
    c10 = madd(x, b0, c10);
    c11 = madd(x, b1, c11);
    x = v128.load32_splat(a, 8);
    c20 = madd(x, b0, c20);
    c21 = madd(x, b1, c21);
    x = v128.load32_splat(a, 12);
    c30 = madd(x, b0, c30);
    c31 = madd(x, b1, c31);
    x = v128.load32_splat(a, 16);
    c40 = madd(x, b0, c40);
    c41 = madd(x, b1, c41);
    x = v128.load32_splat(a, 20);
    c50 = madd(x, b0, c50);
    c51 = madd(x, b1, c51);
  }
  put8(c, c00, c01, add);
  put8(c + step, c10, c11, add);
  put8(c + 2 * step, c20, c21, add);
  put8(c + 3 * step, c30, c31, add);
  put8(c + 4 * step, c40, c41, add);
  put8(c + 5 * step, c50, c51, add);
}

// @ts-ignore: decorator
@inline function block(depth: i32, a: usize, b: usize, c: usize, step: usize, add: bool): void {
  if (ASC_FEATURE_RELAXED_SIMD) block6x8(depth, a, b, c, step, add);
  else block4x8(depth, a, b, c, step, add);
}

/** A block at the edge of c: the whole of it is computed beside, and what lies within c is taken. */
function blockAtEdge(
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

// --- few rows: nothing is worth packing -------------------------------------------------------------

/** Four rows of a (the last repeated where there are fewer) times b with adjacent columns: eight columns at a time. */
function thinAcross(
  m: i32, n: i32, k: i32, a: usize, aRow: usize, aColumn: usize, b: usize, bRow: usize, c: usize, cStep: usize, add: bool,
): void {
  const a1 = a + <usize>min(1, m - 1) * aRow;
  const a2 = a + <usize>min(2, m - 1) * aRow;
  const a3 = a + <usize>min(3, m - 1) * aRow;
  let j = 0;
  for (; j + 8 <= n; j += 8) {
    let c00 = f32x4.splat(0);
    let c01 = c00;
    let c10 = c00;
    let c11 = c00;
    let c20 = c00;
    let c21 = c00;
    let c30 = c00;
    let c31 = c00;
    let p = b + j * 4;
    let at: usize = 0;
    for (let i = 0; i < k; i++, p += bRow, at += aColumn) {
      const b0 = v128.load(p);
      const b1 = v128.load(p, 16);
      let x = v128.load32_splat(a + at);
      c00 = madd(x, b0, c00);
      c01 = madd(x, b1, c01);
      x = v128.load32_splat(a1 + at);
      c10 = madd(x, b0, c10);
      c11 = madd(x, b1, c11);
      x = v128.load32_splat(a2 + at);
      c20 = madd(x, b0, c20);
      c21 = madd(x, b1, c21);
      x = v128.load32_splat(a3 + at);
      c30 = madd(x, b0, c30);
      c31 = madd(x, b1, c31);
    }
    const y = c + j * 4;
    put8(y, c00, c01, add);
    if (m > 1) put8(y + cStep, c10, c11, add);
    if (m > 2) put8(y + 2 * cStep, c20, c21, add);
    if (m > 3) put8(y + 3 * cStep, c30, c31, add);
  }
  for (; j < n; j++) {
    for (let r = 0; r < m; r++) thinElement(k, a + r * aRow, aColumn, b + j * 4, bRow, c + r * cStep + j * 4, add);
  }
}

/** One row, 32 columns at a time: enough sums in flight to hide the additions' latency. */
function rowAcross(n: i32, k: i32, a: usize, aColumn: usize, b: usize, bRow: usize, c: usize, add: bool): void {
  let j = 0;
  for (; j + 32 <= n; j += 32) {
    let c0 = f32x4.splat(0);
    let c1 = c0;
    let c2 = c0;
    let c3 = c0;
    let c4 = c0;
    let c5 = c0;
    let c6 = c0;
    let c7 = c0;
    let p = b + j * 4;
    let q = a;
    for (let i = 0; i < k; i++, p += bRow, q += aColumn) {
      const x = v128.load32_splat(q);
      c0 = madd(x, v128.load(p), c0);
      c1 = madd(x, v128.load(p, 16), c1);
      c2 = madd(x, v128.load(p, 32), c2);
      c3 = madd(x, v128.load(p, 48), c3);
      c4 = madd(x, v128.load(p, 64), c4);
      c5 = madd(x, v128.load(p, 80), c5);
      c6 = madd(x, v128.load(p, 96), c6);
      c7 = madd(x, v128.load(p, 112), c7);
    }
    const y = c + j * 4;
    put8(y, c0, c1, add);
    put8(y + 32, c2, c3, add);
    put8(y + 64, c4, c5, add);
    put8(y + 96, c6, c7, add);
  }
  if (j < n) thinAcross(1, n - j, k, a, 0, aColumn, b + j * 4, bRow, c + j * 4, 0, add);
}

/** One element, k after k, as the vector loops do. */
function thinElement(k: i32, a: usize, aStep: usize, b: usize, bStep: usize, c: usize, add: bool): void {
  let sum = f32x4.splat(0);
  for (let i = 0; i < k; i++, a += aStep, b += bStep) sum = madd(v128.load32_splat(a), v128.load32_splat(b), sum);
  const x = f32x4.extract_lane(sum, 0);
  store<f32>(c, add ? load<f32>(c) + x : x);
}

// @ts-ignore: decorator
@inline function finish(c: usize, sum: v128, rest: f32, add: bool): void {
  const x = sumLanes(sum) + rest;
  store<f32>(c, add ? load<f32>(c) + x : x);
}

/** a's rows and b's columns both lie along k: dot products, of one row with four columns at a time. */
function thinAlong(
  m: i32, n: i32, k: i32, a: usize, aRow: usize, b: usize, bColumn: usize, c: usize, cStep: usize, add: bool,
): void {
  const whole = k & ~3;
  for (let j = 0; j < n; j += 4) {
    const b0 = b + j * bColumn;
    const b1 = b + min(j + 1, n - 1) * bColumn;
    const b2 = b + min(j + 2, n - 1) * bColumn;
    const b3 = b + min(j + 3, n - 1) * bColumn;
    for (let r = 0; r < m; r++) {
      const row = a + r * aRow;
      let s0 = f32x4.splat(0);
      let s1 = s0;
      let s2 = s0;
      let s3 = s0;
      let t0 = s0;
      let t1 = s0;
      let t2 = s0;
      let t3 = s0;
      let i = 0;
      for (; i + 8 <= whole; i += 8) {
        const at = <usize>i * 4;
        let x = v128.load(row + at);
        s0 = madd(x, v128.load(b0 + at), s0);
        s1 = madd(x, v128.load(b1 + at), s1);
        s2 = madd(x, v128.load(b2 + at), s2);
        s3 = madd(x, v128.load(b3 + at), s3);
        x = v128.load(row + at, 16);
        t0 = madd(x, v128.load(b0 + at, 16), t0);
        t1 = madd(x, v128.load(b1 + at, 16), t1);
        t2 = madd(x, v128.load(b2 + at, 16), t2);
        t3 = madd(x, v128.load(b3 + at, 16), t3);
      }
      if (i < whole) {
        const at = <usize>i * 4;
        const x = v128.load(row + at);
        s0 = madd(x, v128.load(b0 + at), s0);
        s1 = madd(x, v128.load(b1 + at), s1);
        s2 = madd(x, v128.load(b2 + at), s2);
        s3 = madd(x, v128.load(b3 + at), s3);
      }
      let r0: f32 = 0;
      let r1: f32 = 0;
      let r2: f32 = 0;
      let r3: f32 = 0;
      for (i = whole; i < k; i++) {
        const at = <usize>i * 4;
        const x = load<f32>(row + at);
        r0 += x * load<f32>(b0 + at);
        r1 += x * load<f32>(b1 + at);
        r2 += x * load<f32>(b2 + at);
        r3 += x * load<f32>(b3 + at);
      }
      const y = c + r * cStep + j * 4;
      finish(y, f32x4.add(s0, t0), r0, add);
      if (j + 1 < n) finish(y + 4, f32x4.add(s1, t1), r1, add);
      if (j + 2 < n) finish(y + 8, f32x4.add(s2, t2), r2, add);
      if (j + 3 < n) finish(y + 12, f32x4.add(s3, t3), r3, add);
    }
  }
}

/** Products with up to four rows; false where the operands lie so that packing is better after all. */
function thin(
  m: i32, n: i32, k: i32, a: usize, aRow: usize, aColumn: usize, b: usize, bRow: usize, bColumn: usize,
  c: usize, cStep: usize, add: bool,
): bool {
  if (bColumn == 4) {
    if (m == 1) rowAcross(n, k, a, aColumn, b, bRow, c, add);
    else thinAcross(m, n, k, a, aRow, aColumn, b, bRow, c, cStep, add);
    return true;
  }
  if (bRow != 4) return false;
  if (aColumn != 4) {
    if (m * k > MC * KC) return false;
    for (let r = 0; r < m; r++) {
      for (let i = 0; i < k; i++) store<f32>(scratch + (r * k + i) * 4, load<f32>(a + r * aRow + i * aColumn));
    }
    a = scratch;
    aRow = <usize>k * 4;
  }
  thinAlong(m, n, k, a, aRow, b, bColumn, c, cStep, add);
  return true;
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
