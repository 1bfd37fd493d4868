import type { Strided } from "../../device.ts";
import { type Axes, joinAxes, sizeOf } from "../../shape.ts";
import { addressOf, BYTES } from "./addresses.ts";
import { describe } from "./axes.ts";
import { blas } from "./blas.ts";
import { Footprint } from "./footprint.ts";
import { cutsWell, finish, heightOf, mostParts, run, runTouching } from "./jobs.ts";
import type { BlasLibrary } from "./library.mjs";
import { getThreads, isAsWideAsBlas } from "./machine.ts";
import type { Arguments } from "./table.mjs";
import { isThin, thinProduct } from "./thin.ts";

/** Batches of products of one shape; strides in elements. */
interface Product {
  readonly batches: Axes;
  readonly m: number;
  readonly n: number;
  readonly k: number;
  /** Strides of a along m and k, and of b along k and n. */
  readonly a: readonly [row: number, column: number];
  readonly b: readonly [row: number, column: number];
}

/** Reads the sizes, and makes one tall product of many where all batches share b. */
function productOf(out: Strided, a: Strided, b: Strided): Product {
  const rank = out.shape.length;
  const [m, n] = out.shape.slice(-2);
  const k = a.shape[rank - 1];
  const batches = joinAxes(out.shape.slice(0, -2), [a.strides.slice(0, -2), b.strides.slice(0, -2)]);
  let [aRow, aColumn] = a.strides.slice(-2);
  const [bRow, bColumn] = b.strides.slice(-2);
  const product = { n, k, a: [aRow, aColumn], b: [bRow, bColumn] } as const;
  if (batches.shape.length === 1 && batches.strides[1][0] === 0) {
    const step = batches.strides[0][0];
    if (m === 1) aRow = step;
    if (step === m * aRow) {
      return { ...product, m: m * batches.shape[0], a: [aRow, aColumn], batches: { shape: [], strides: [[], []] } };
    }
  }
  return { ...product, m, batches };
}

/** Floating-point operations that are worth a thread of their own: some 10 microseconds. */
const FLOPS_PER_PART = 5e5;
const BLAS_FLOPS_PER_PART = 1e6;
/** Products go to the system's BLAS if all of a batch take as much as this, and each as much as that. */
const BLAS_FLOPS = 1e6;
const BLAS_FLOPS_EACH = 1e5;
/** Or as much as this, where our own kernel is as wide as the library's: smaller ones are as quick here. */
const BLAS_FLOPS_WIDE = 1.5e9;
/** Multiples of these are whole panels of every build of the kernel. */
const TILE_ROWS = 12;
const TILE_COLUMNS = 16;

interface Tiles {
  readonly tileM: number;
  readonly tileN: number;
  readonly units: number;
  /** Whether they are parts of rows as other jobs have them. */
  readonly byRows: boolean;
}

/**
 * Cuts each product's longer side into tiles, where there are fewer products than threads have use for: along the rows of
 * one product like all jobs on rows where that gives enough of them, else into whole panels of every build of the kernel.
 */
function tilesOf({ m, n, k }: Product, count: number, flopsPerPart: number): Tiles {
  const wanted = Math.floor(Math.min((2 * m * n * k * count) / flopsPerPart, mostParts()) / count);
  if (getThreads() === 1 || wanted < 2) return { tileM: m, tileN: n, units: count, byRows: false };
  const alongRows = m >= n;
  if (alongRows && count === 1 && cutsWell(m, wanted)) {
    const tileM = heightOf(m);
    return { tileM, tileN: n, units: Math.ceil(m / tileM), byRows: true };
  }
  const step = alongRows ? TILE_ROWS : TILE_COLUMNS;
  const length = alongRows ? m : n;
  const tile = Math.ceil(length / wanted / step) * step;
  const units = count * Math.ceil(length / tile);
  return alongRows ? { tileM: tile, tileN: n, units, byRows: false } : { tileM: m, tileN: tile, units, byRows: false };
}

/** True if BLAS accepts a matrix's strides: rows or columns without gaps, and the others at least that far apart. */
function suitsBlas(rows: number, columns: number, [row, column]: readonly [number, number]): boolean {
  return (column === 1 && (rows === 1 || row >= columns)) || (row === 1 && (columns === 1 || column >= rows));
}

/** The library for a product that is worth it. Only sizes decide, so that equal steps take equal ways. */
function blasFor({ m, n, k, a, b }: Product, count: number): BlasLibrary | undefined {
  const flops = 2 * m * n * k;
  if (m === 1 || n === 1 || flops < BLAS_FLOPS_EACH || flops * count < BLAS_FLOPS) return undefined;
  if (flops < BLAS_FLOPS_WIDE && isAsWideAsBlas()) return undefined;
  return suitsBlas(m, k, a) && suitsBlas(k, n, b) ? blas() : undefined;
}

/** A matrix's columns as rows. */
const transposed = ({ storage, offset, shape, strides }: Strided): Strided => ({
  ...{ storage, offset, shape: [shape[1], shape[0]], strides: [strides[1], strides[0]] },
});

export function matmul(out: Strided, a: Strided, b: Strided, accumulate: boolean): void {
  const size = sizeOf(out.shape);
  if (size === 0) return;
  if (!accumulate && out.shape.length === 2 && isThin(a, transposed(b))) {
    thinProduct(out, a, transposed(b));
    return;
  }
  const product = productOf(out, a, b);
  const { batches, m, n, k } = product;
  if (k === 0) {
    if (!accumulate) run("fill", size, size, addressOf(out), 0);
    return;
  }
  const count = sizeOf(batches.shape);
  const library = blasFor(product, count);
  const flopsPerPart = library?.ownThreads ? Number.POSITIVE_INFINITY : library ? BLAS_FLOPS_PER_PART : FLOPS_PER_PART;
  const { tileM, tileN, units, byRows } = tilesOf(product, count, flopsPerPart);
  const grain = Math.max(1, Math.floor(flopsPerPart / (2 * tileM * tileN * k)));
  const [aRow, aColumn] = product.a;
  const [bRow, bColumn] = product.b;
  // The kernel's description ends with an innermost axis of its own.
  const axes = describe({ shape: [...batches.shape, 1], strides: batches.strides.map((s) => [...s, 0]) });
  const sizes = [m, n, k, axes, tileM, tileN] as const;
  const left = [addressOf(a), aRow * BYTES, aColumn * BYTES] as const;
  const right = [addressOf(b), bRow * BYTES, bColumn * BYTES] as const;
  const args: Arguments<"matmul"> = [...sizes, addressOf(out), ...left, ...right, accumulate];
  if (library?.ownThreads) {
    finish();
    library.kernels.blasMatmul(0, units, ...args);
  } else
    runTouching(
      footprintOf(product, byRows ? tileM : 0, out, a, b),
      library ? "blasMatmul" : "matmul",
      units,
      grain,
      ...args,
    );
}

/** Cut into parts of `height` rows, each part writes out's and, where a's lie without gaps, reads a's. */
function footprintOf(
  { m, k, a: [row, column] }: Product,
  height: number,
  out: Strided,
  a: Strided,
  b: Strided,
): Footprint {
  if (height === 0) return new Footprint().reads(a, b).writes(out);
  const footprint = new Footprint(m, height).reads(b).writesRows(out);
  return row === k && column === 1 ? footprint.readsRows(a) : footprint.reads(a);
}
