import { type DType, isFloat } from "./dtypes.ts";
import { formatShape } from "./shape.ts";
import type { Tensor } from "./tensor.ts";

/** A tensor as text, as NumPy and PyTorch print arrays: what `console.log`, a template string and a test's diff show. */

/** Lines end before this column, where a single number is not longer. */
const WIDTH = 100;
/** Tensors of more elements show the first and last `EDGE` along each axis. */
const THRESHOLD = 1000;
const EDGE = 3;
const LEFT_OUT = "…";

/** How Node's console asks an object for its text; a browser's does not ask, and shows it as an object. */
export const inspect: unique symbol = Symbol.for("nodejs.util.inspect.custom") as never;

/**
 * Values and what there is to know beside them. Where memory is not on the host nothing is read: the text says how to.
 * Nothing is allocated or recorded for it.
 */
export function print(x: Tensor): string {
  const about = describe(x);
  if (x.storage.freed !== undefined) return `tensor(${about}; its memory was freed: ${x.storage.freed})`;
  if (!x.device.hostMemory) return `tensor(${about}; read its values with await t.array())`;
  const values = nested(x);
  const end = values.length - values.lastIndexOf("\n") + about.length;
  return `tensor(${values},${end + 2 > WIDTH ? `\n${INDENT}` : " "}${about})`;
}

const INDENT = " ".repeat("tensor(".length);

/** Shape, dtype, device, and where it stands in the graph: `shape [2, 3], float32 on cpu, by matmul`. */
function describe(x: Tensor): string {
  const parts = [`shape ${formatShape(x.shape)}`, `${x.dtype} on ${x.device.name}`];
  if (x.node !== undefined) parts.push(`by ${x.origin}`);
  else if (x.requiresGrad) parts.push("requiresGrad");
  else if (x.isParameter) parts.push("frozen");
  return parts.join(", ");
}

/** One line for where a tensor is only mentioned, deep inside another object: `tensor(shape [2, 3], float32 on cpu)`. */
export function mention(x: Tensor): string {
  return `tensor(${describe(x)})`;
}

/** Indices of an axis that are shown, undefined standing for those left out. */
function shownAlong(size: number, isLarge: boolean): (number | undefined)[] {
  if (!isLarge || size <= 2 * EDGE) return Array.from({ length: size }, (_, i) => i);
  const first = Array.from({ length: EDGE }, (_, i) => i);
  return [...first, undefined, ...first.map((i) => size - EDGE + i)];
}

function nested(x: Tensor): string {
  const { shape, strides, size } = x;
  if (size === 0) return "[]";
  const indices = shape.map((n) => shownAlong(n, size > THRESHOLD));
  const texts = format(read(x, indices), x.dtype);
  let next = 0;
  const build = (axis: number, indent: string): string => {
    if (axis === strides.length) return texts[next++];
    const parts = indices[axis].map((i) => (i === undefined ? LEFT_OUT : build(axis + 1, `${indent} `)));
    return axis === shape.length - 1
      ? wrapped(parts, indent)
      : `[${parts.join(`,${"\n".repeat(shape.length - 1 - axis)}${indent} `)}]`;
  };
  return build(0, INDENT);
}

/** One row of numbers, on as many lines as it takes. */
function wrapped(parts: readonly string[], indent: string): string {
  const lines: string[] = [];
  let line = "";
  for (const [i, part] of parts.entries()) {
    const text = i < parts.length - 1 ? `${part}, ` : part;
    if (line !== "" && indent.length + 1 + line.length + text.trimEnd().length > WIDTH) {
      lines.push(line.trimEnd());
      line = "";
    }
    line += text;
  }
  return `[${[...lines, line].join(`\n${indent} `)}]`;
}

/** The elements at all combinations of the given indices, row-major, from where they lie. */
function read({ storage, shape, strides, offset }: Tensor, indices: (number | undefined)[][]): number[] {
  const values: number[] = [];
  const visit = (axis: number, at: number): void => {
    if (axis === shape.length) {
      values.push(storage.device.downloadSync(storage, at, 1)[0]);
      return;
    }
    for (const i of indices[axis]) if (i !== undefined) visit(axis + 1, at + i * strides[axis]);
  };
  visit(0, offset);
  return values;
}

/** Numbers to four decimals, all of one width; with an exponent where they are of very different sizes. */
function format(values: readonly number[], dtype: DType): string[] {
  const sizes = values.filter((v) => Number.isFinite(v) && v !== 0).map(Math.abs);
  const [smallest, largest] = [Math.min(...sizes), Math.max(...sizes)];
  const isWhole = sizes.every(Number.isInteger);
  const isWide = largest / smallest > 1000 || largest > 1e8 || (!isWhole && smallest < 1e-4);
  const text = (v: number) => {
    if (!Number.isFinite(v)) return String(v);
    const digits = !isFloat(dtype)
      ? String(v)
      : isWide
        ? v.toExponential(4)
        : isWhole
          ? `${v.toFixed(0)}.`
          : v.toFixed(4);
    return Object.is(v, -0) ? `-${digits}` : digits;
  };
  const texts = values.map(text);
  const width = Math.max(...texts.map(({ length }) => length));
  return texts.map((t) => t.padStart(width));
}
