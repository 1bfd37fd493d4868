import type { Strided } from "../../../device.ts";
import { isFloat } from "../../../dtypes.ts";
import { type Shape, sizeOf } from "../../../shape.ts";
import type { GpuJsFunction } from "../gpujs.ts";
import { COSINE, ERFC, IS_NAN, POWER, QUOTIENT, SINE, TANGENT } from "../helpers.ts";
import { helper, type KernelSpec } from "../kernel.ts";
import {
  addressNames,
  addressText,
  carries,
  carryLines,
  carrySizes,
  checkQuotient,
  padAxes,
  threadAxes,
} from "../layout.ts";
import type { Box, Runtime } from "../runtime.ts";
import { boxOf, store } from "../store.ts";

/** What a kernel reads: elements of a box, seen under the result's shape (stride 0 where they repeat). */
export interface Operand {
  readonly box: Box;
  readonly strides: Shape;
  readonly offset: number;
}

export function operandOf(x: Strided): Operand {
  return { box: boxOf(x), strides: x.strides, offset: x.offset };
}

/**
 * What one element of a result is, given the element of each operand, in order, and then up to two numbers. Its text
 * becomes part of the kernel, so it may use nothing but its arguments, Math and the helpers of `helpers.ts`.
 */
export type Formula = (...values: number[]) => number;

/** A formula with the name its kernel goes by. */
export type NamedFormula = Readonly<Record<string, Formula>>;

/** Whole numbers are floats on this device too; the fraction that an op leaves is cut off. */
const CUT = helper(["float"], "float", {
  cut(x: number) {
    if (x < 0) return Math.ceil(x);
    return Math.floor(x);
  },
});

const FAMILIES: [RegExp, GpuJsFunction[]][] = [
  [/\bisNan/, IS_NAN],
  [/\bpower/, POWER],
  [/\bhyperbolicTangent/, TANGENT],
  [/\bcosine/, COSINE],
  [/\bsine/, SINE],
  [/\bnormalCdf/, ERFC],
];

/** A formula as a helper named `formula`, and those of the known helpers that it calls. */
export function formulaHelpers(formula: Formula): GpuJsFunction[] {
  const own = helper(new Array<"float">(formula.length).fill("float"), "float", { formula });
  return [...FAMILIES.flatMap(([name, family]) => (name.test(own.source) ? family : [])), own];
}

const specs = new Map<string, KernelSpec>();

/**
 * The kernel of a formula over operands of so many (merged) axes. It is made as text, as the number of axes decides how
 * an element's place is worked out. A sum over rows and columns, for example:
 *
 *     function map(x, y, a, b, n0, xAt, x0, x1, yAt, y0, y1) {
 *       const carry1 = quotient(this.thread.x, n0);
 *       return formula(x[xAt + this.thread.x * x0 + ~~carry1 * x1], y[…], a, b);
 *     }
 */
function mapKernel(name: string, formula: Formula, operands: number, rank: number, whole: boolean): KernelSpec {
  const key = `${name} (${operands} operands, ${rank} axes${whole ? ", int32" : ""})`;
  let spec = specs.get(key);
  if (spec !== undefined) return spec;
  const arrays = "xyzuvws".slice(0, operands).split("");
  const sizes = Array.from({ length: rank - 1 }, (_, i) => `n${i}`);
  const places = arrays.flatMap((array) => addressNames(array, rank));
  const values = arrays.map((array) => `${array}[${addressText(array, rank)}]`);
  const value = `formula(${[...values, "a", "b"].slice(0, formula.length).join(", ")})`;
  spec = {
    name: key,
    source: `function map(${[...arrays, "a", "b", ...sizes, ...places].join(", ")}) {
      ${carryLines(rank).join("\n      ")}
      return ${whole ? `cut(${value})` : value};
    }`,
    types: [...arrays.map((): "array" => "array"), "float", "float", ...[...sizes, ...places].map((): "int" => "int")],
    helpers: [...(rank > 1 ? QUOTIENT : []), ...formulaHelpers(formula), ...(whole ? [CUT] : [])],
    axes: 1,
    gives: 1,
  };
  specs.set(key, spec);
  return spec;
}

/** out = formula(operands…, a, b), element by element. The operands' strides belong to out's shape. */
export function map(
  runtime: Runtime,
  named: NamedFormula,
  out: Strided,
  operands: readonly Operand[],
  a = 0,
  b = 0,
): void {
  if (sizeOf(out.shape) === 0) return;
  store(runtime, out, mapped(runtime, named, out.shape, operands, a, b, !isFloat(out.storage.dtype)));
}

/** The same into a new box. */
export function mapped(
  runtime: Runtime,
  named: NamedFormula,
  shape: Shape,
  operands: readonly Operand[],
  a = 0,
  b = 0,
  whole = false,
): Box {
  const [name, formula] = Object.entries(named)[0];
  const size = sizeOf(shape);
  const merged = padAxes(
    threadAxes(
      shape,
      operands.map((x) => x.strides),
    ),
  );
  const rank = operands.length === 0 ? 1 : merged.shape.length;
  if (rank > 1) checkQuotient(name, size, merged.shape[rank - 1]);
  const spec = mapKernel(name, formula, operands.length, rank, whole);
  const sizes = rank === 1 ? [] : carrySizes(merged.shape);
  const places = operands.flatMap((x, i) => [x.offset, ...carries(merged.shape, merged.strides[i])]);
  return runtime.launch(spec, size, [...operands.map((x) => x.box), a, b, ...sizes, ...places]);
}
