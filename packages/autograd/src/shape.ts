import { nameOf } from "./check.ts";

/** Arithmetic on shapes and strides. Nothing here touches data. */

export type Shape = readonly number[];

/** Number of elements of a shape; 1 for a scalar's `[]`. */
export function sizeOf(shape: Shape): number {
  let size = 1;
  for (let i = 0; i < shape.length; i++) size *= shape[i];
  return size;
}

/** Strides, in elements, of a row-major array: `[2, 3, 4]` -> `[12, 4, 1]`. */
export function rowMajorStrides(shape: Shape): number[] {
  const strides = new Array<number>(shape.length);
  let step = 1;
  for (let i = shape.length - 1; i >= 0; i--) {
    strides[i] = step;
    step *= shape[i];
  }
  return strides;
}

/** True if the elements lie row-major and without gaps (axes of size 1 may have any stride). */
export function isRowMajor(shape: Shape, strides: Shape): boolean {
  let step = 1;
  for (let i = shape.length - 1; i >= 0; i--) {
    if (shape[i] !== 1 && strides[i] !== step) return sizeOf(shape) === 0;
    step *= shape[i];
  }
  return true;
}

export function sameShape(a: Shape, b: Shape): boolean {
  if (a === b) return true;
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}

/** `[12, 64, 128]`, as error messages write it. */
export function formatShape(shape: Shape): string {
  return `[${shape.join(", ")}]`;
}

/** An axis is a number, and comes first: `sum(0)`, where PyTorch has `sum(dim=0)`. */
const noAxis = (op: string, value: unknown) =>
  new TypeError(
    `${op}: an axis is a number, got ${nameOf(value)}: ` +
      (op === "transpose" ? "name both, as transpose(0, 1)" : `where PyTorch has ${op}(dim=0), write ${op}(0)`),
  );

/** Turns an axis counted from the end into one counted from the front. Errors: outside `-rank … rank - 1`. */
export function normalizeAxis(op: string, axis: number, rank: number): number {
  if (typeof axis !== "number") throw noAxis(op, axis);
  if (rank === 0) throw new RangeError(`${op}: there is no axis ${axis}: the tensor is a single number`);
  if (!Number.isInteger(axis) || axis < -rank || axis >= rank) {
    throw new RangeError(`${op}: axis ${axis} is outside ${-rank} … ${rank - 1} for a tensor of ${rank} axes`);
  }
  return axis < 0 ? axis + rank : axis;
}

/** The axes to work on, sorted; all of them where none is given. Errors: an axis out of range or named twice. */
export function normalizeAxes(op: string, axes: number | readonly number[] | undefined, rank: number): number[] {
  if (axes === undefined) return Array.from({ length: rank }, (_, i) => i);
  if (typeof axes !== "number" && !Array.isArray(axes)) throw noAxis(op, axes);
  const list = (typeof axes === "number" ? [axes] : axes).map((axis) => normalizeAxis(op, axis, rank));
  if (new Set(list).size !== list.length) throw new RangeError(`${op}: an axis is named twice in [${axes}]`);
  return list.sort((a, b) => a - b);
}

/** NumPy's rule: aligned at the last axis, sizes must be equal or 1. */
export function broadcastShapes(op: string, a: Shape, b: Shape): Shape {
  if (sameShape(a, b)) return a;
  const rank = Math.max(a.length, b.length);
  const shape = new Array<number>(rank);
  for (let i = 1; i <= rank; i++) {
    const m = a.length < i ? 1 : a[a.length - i];
    const n = b.length < i ? 1 : b[b.length - i];
    if (m !== n && m !== 1 && n !== 1) {
      throw new RangeError(
        `${op}: shapes do not broadcast: ${formatShape(a)} and ${formatShape(b)} (sizes ${m} and ${n}, axis ${-i})`,
      );
    }
    shape[rank - i] = m === 1 ? n : m;
  }
  return shape;
}

/** Strides with which `shape` is read as the larger `target`: 0 along every repeated axis. */
export function expandStrides(op: string, shape: Shape, strides: Shape, target: Shape): number[] {
  const shift = target.length - shape.length;
  if (shift < 0 || shape.some((n, i) => n !== 1 && n !== target[i + shift])) {
    throw new RangeError(`${op}: ${formatShape(shape)} does not expand to ${formatShape(target)}`);
  }
  return target.map((n, i) => (i < shift || shape[i - shift] !== n ? 0 : strides[i - shift]));
}

/** Fills in the one `-1` of a requested shape. Errors: sizes that do not multiply to `size`. */
export function inferShape(op: string, requested: Shape, size: number): number[] {
  const known = requested.reduce((product, n) => (n === -1 ? product : product * n), 1);
  const holes = requested.filter((n) => n === -1).length;
  const fits = holes === 0 ? known === size : holes === 1 && known > 0 && size % known === 0;
  if (!fits || requested.some((n) => n < -1 || !Number.isInteger(n))) {
    throw new RangeError(`${op}: ${size} elements do not fill ${formatShape(requested)}`);
  }
  return requested.map((n) => (n === -1 ? size / known : n));
}

/** Strides that show the same elements under another shape, or undefined where that needs a copy. */
export function reshapeStrides(shape: Shape, strides: Shape, target: Shape): number[] | undefined {
  if (isRowMajor(shape, strides)) return rowMajorStrides(target);
  const result = new Array<number>(target.length);
  let from = 0;
  let to = 0;
  while (to < target.length || from < shape.length) {
    // Grow both groups of axes until they hold the same number of elements.
    const firstFrom = from;
    const firstTo = to;
    let have = from < shape.length ? shape[from++] : 1;
    let want = to < target.length ? target[to++] : 1;
    while (have !== want) {
      if (have < want) have *= shape[from++];
      else want *= target[to++];
    }
    while (from < shape.length && shape[from] === 1) from++;
    while (to < target.length && target[to] === 1) to++;
    // The group can be cut anew only if it lies without gaps.
    const axes: number[] = [];
    for (let i = firstFrom; i < from; i++) if (shape[i] !== 1) axes.push(i);
    for (let i = 1; i < axes.length; i++) {
      if (strides[axes[i - 1]] !== strides[axes[i]] * shape[axes[i]]) return undefined;
    }
    let step = axes.length === 0 ? 1 : strides[axes[axes.length - 1]];
    for (let i = to - 1; i >= firstTo; i--) {
      result[i] = step;
      step *= target[i];
    }
  }
  return result;
}

/** Axes that several operands are walked along, outermost first. */
export interface Axes {
  readonly shape: number[];
  /** For each operand, in elements. */
  readonly strides: number[][];
}

/** The fewest axes that walk the same elements in the same order: those of size 1 dropped, neighbours joined. */
export function joinAxes(shape: Shape, strides: readonly Shape[]): Axes {
  const joined: Axes = { shape: [], strides: strides.map(() => []) };
  for (let axis = 0; axis < shape.length; axis++) {
    const size = shape[axis];
    if (size === 1) continue;
    let last = joined.shape.length - 1;
    let joins = last >= 0;
    for (let i = 0; joins && i < strides.length; i++) joins = joined.strides[i][last] === strides[i][axis] * size;
    if (joins) joined.shape[last] *= size;
    else last = joined.shape.push(size) - 1;
    for (let i = 0; i < strides.length; i++) joined.strides[i][last] = strides[i][axis];
  }
  return joined;
}
