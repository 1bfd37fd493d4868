import type { Lanes } from "../../../device.ts";
import type { GpuJsFunction } from "../gpujs.ts";
import { IS_NAN, QUOTIENT } from "../helpers.ts";
import { helper, type KernelSpec } from "../kernel.ts";
import { checkQuotient } from "../layout.ts";
import type { Box, Runtime } from "../runtime.ts";
import { type Formula, formulaHelpers, type NamedFormula } from "./map.ts";

declare function isNan(x: number): number;

/** How an operand is read: each element of `[outer, size, inner]`, one value a lane, or one for each place in a lane. */
type Access = "element" | "lane" | "place";

/** An operand of a reduction: a box and where it begins. */
export interface Source {
  readonly box: Box;
  readonly offset: number;
  readonly access: Access;
}

export type Combine = "sum" | "max" | "min";

const COMBINE: Record<Combine, { start: number; helpers: GpuJsFunction[] }> = {
  sum: {
    start: 0,
    helpers: [
      helper(["float", "float"], "float", {
        combine(a: number, b: number) {
          return a + b;
        },
      }),
    ],
  },
  max: {
    start: Number.NEGATIVE_INFINITY,
    helpers: [
      ...IS_NAN,
      helper(["float", "float"], "float", {
        combine(a: number, b: number) {
          if (b > a || isNan(b) > 0) return b;
          return a;
        },
      }),
    ],
  },
  min: {
    start: Number.POSITIVE_INFINITY,
    helpers: [
      ...IS_NAN,
      helper(["float", "float"], "float", {
        combine(a: number, b: number) {
          if (b < a || isNan(b) > 0) return b;
          return a;
        },
      }),
    ],
  },
};

const PLACES: Record<Access, string> = {
  element: "(~~outer * size + ~~part + j * parts) * inner + ~~lane",
  lane: "~~outer * inner + ~~lane",
  place: "~~part + j * parts",
};

const specs = new Map<string, KernelSpec>();

/**
 * The kernel that combines `formula(…)` over lanes. One thread takes one of the `parts` of a lane: the places part,
 * part + parts, part + 2 parts, …, so that neighbouring threads read neighbouring memory.
 */
function reduceKernel(called: string, formula: Formula, combine: Combine, access: readonly Access[]): KernelSpec {
  const name = `${called} (${combine} over ${access.join(", ")})`;
  let spec = specs.get(name);
  if (spec !== undefined) return spec;
  const arrays = "xyzuvws".slice(0, access.length).split("");
  const offsets = arrays.map((array) => `${array}At`);
  const values = arrays.map((array, i) => `${array}[${array}At + ${PLACES[access[i]]}]`);
  spec = {
    name,
    source: `function reduce(${[...arrays, "start", ...offsets, "steps", "parts", "size", "inner"].join(", ")}) {
      const outer = quotient(quotient(this.thread.x, inner), parts);
      const part = remainder(quotient(this.thread.x, inner), parts);
      const lane = remainder(this.thread.x, inner);
      let result = start;
      for (let j = 0; j < steps; j++) {
        if (part + j * parts < size) {
          result = combine(result, formula(${values.join(", ")}));
        }
      }
      return result;
    }`,
    types: [
      ...arrays.map((): "array" => "array"),
      "float",
      ...[...offsets, "steps", "parts", "size", "inner"].map((): "int" => "int"),
    ],
    helpers: [...QUOTIENT, ...COMBINE[combine].helpers, ...withoutRepeats(formula, combine)],
    axes: 1,
    gives: 1,
  };
  specs.set(name, spec);
  return spec;
}

/** gpu.js refuses a helper that is given twice. */
function withoutRepeats(formula: Formula, combine: Combine): GpuJsFunction[] {
  return formulaHelpers(formula).filter((own) => !COMBINE[combine].helpers.includes(own));
}

/** A GPU wants at least so many threads, each with at least so many elements to go through. */
const ENOUGH_THREADS = 2 ** 14;
const SHORT_LANE = 64;

/** Into how many parts each lane is cut. */
function partsOf(lanes: Lanes): number {
  const rows = lanes.outer * lanes.inner;
  if (rows >= ENOUGH_THREADS || lanes.size < 2 * SHORT_LANE) return 1;
  return Math.min(Math.ceil(lanes.size / SHORT_LANE), Math.ceil(ENOUGH_THREADS / rows));
}

const VALUE = {
  value(x: number) {
    return x;
  },
};

/**
 * Combines `formula(sources…)` along the lanes of `[outer, size, inner]`; gives a box of `[outer, inner]`. Where there are few lanes, each is cut into parts, and a second run combines the parts.
 */
export function reduceLanes(
  runtime: Runtime,
  named: NamedFormula,
  combine: Combine,
  sources: readonly Source[],
  lanes: Lanes,
): Box {
  const [name, formula] = Object.entries(named)[0];
  const { outer, size, inner } = lanes;
  const spec = reduceKernel(
    name,
    formula,
    combine,
    sources.map((source) => source.access),
  );
  checkQuotient(name, outer * inner, inner);
  const parts = partsOf(lanes);
  const steps = Math.ceil(size / parts);
  const boxes = sources.map((source) => source.box);
  const offsets = sources.map((source) => source.offset);
  const { start } = COMBINE[combine];
  const threads = outer * parts * inner;
  const partial = runtime.launch(spec, threads, [...boxes, start, ...offsets, steps, parts, size, inner]);
  if (parts === 1) return partial;
  const whole = { outer, size: parts, inner };
  const result = reduceLanes(runtime, { [combine]: VALUE.value }, combine, [element(partial)], whole);
  runtime.free(partial);
  return result;
}

/** Sources of a reduction. */
export function element(box: Box, offset = 0): Source {
  return { box, offset, access: "element" };
}

export function perLane(box: Box, offset = 0): Source {
  return { box, offset, access: "lane" };
}

export function perPlace(box: Box, offset = 0): Source {
  return { box, offset, access: "place" };
}

/** The elements themselves, under the name of what is done with them. */
export const PLAIN: Record<Combine, NamedFormula> = {
  sum: { sum: VALUE.value },
  max: { max: VALUE.value },
  min: { min: VALUE.value },
};
