import type { Device } from "../../src/device.ts";
import { gradients, type Tensor, tensor } from "../../src/index.ts";
import { numberOf, ops } from "./ops.ts";

/** A number, or "inf", "-inf" or "nan". */
type Value = number | string;

/** A program of make_programs.py, with what PyTorch computes for it in double precision. */
export interface Program {
  /** "extreme" where infinities, NaN and numbers near the ends of what float32 holds go in. */
  readonly kind: "single" | "usual" | "extreme" | "empty";
  readonly inputs: readonly { readonly shape: number[]; readonly values: Value[] }[];
  readonly steps: readonly { readonly op: string; readonly of: number[]; readonly with: never[] }[];
  readonly value: Value[];
  /** Gradients by each input, of the value times fixed numbers; null where it does not depend on one. */
  readonly first: readonly (Value[] | null)[];
  /** Those of all first gradients times fixed numbers. */
  readonly second?: readonly (Value[] | null)[];
  /** How far PyTorch's single precision is from its double. */
  readonly error: number;
}

/**
 * What numbers may be off by: a share of themselves, a share of the program's largest, and so many times what PyTorch is off
 * by in single precision.
 */
export interface Tolerance {
  readonly relative: number;
  readonly ofLargest: number;
  readonly errors: number;
}

export const DOUBLE: Tolerance = { relative: 1e-7, ofLargest: 1e-8, errors: 0 };
export const SINGLE: Tolerance = { relative: 2e-5, ofLargest: 1e-5, errors: 8 };
/** Graphics hardware, whose exp, sin and the like are only that good. */
export const GRAPHICS: Tolerance = { relative: 1e-3, ofLargest: 3e-4, errors: 100 };

/** The program as one can read it: `x2 = softmax(x0, 1)`. */
export function textOf({ inputs, steps }: Program): string {
  const lines = inputs.map(({ shape, values }, i) => `x${i} = [${values}] of shape [${shape}]`);
  steps.forEach(({ op, of, with: settings }, i) => {
    const args = [...of.map((at) => `x${at}`), ...settings.map((setting) => JSON.stringify(setting))];
    lines.push(`x${inputs.length + i} = ${op}(${args.join(", ")})`);
  });
  return lines.join("\n");
}

/** Fixed numbers of a shape, the same as in make_programs.py. */
function seedLike(x: Tensor): Tensor {
  const values = Float64Array.from({ length: x.size }, (_, i) => (((7 * i) % 5) - 2) / 2 + 0.25);
  return tensor(values, { shape: x.shape, dtype: "float32", device: x.device });
}

interface Found {
  readonly value: Tensor;
  readonly first: readonly (Tensor | undefined)[];
  readonly second?: readonly (Tensor | undefined)[];
}

function run(program: Program, device: Device): Found {
  const inputs = program.inputs.map(({ shape, values }) =>
    // Single precision, also on the reference: so PyTorch was given them.
    tensor(Float32Array.from(values, numberOf), { shape, device, requiresGrad: true }),
  );
  const tensors = [...inputs];
  for (const { op, of, with: settings } of program.steps) {
    tensors.push(
      ops[op](
        of.map((at) => tensors[at]),
        settings,
      ),
    );
  }
  const value = tensors[tensors.length - 1];
  const createGraph = program.second !== undefined;
  const first = gradients(value, inputs, { seed: seedLike(value), createGraph, allowUnused: true });
  const used = first.filter((g) => g?.requiresGrad).map((g) => g!.mul(seedLike(g!)).sum());
  if (!createGraph || used.length === 0) return { value, first };
  const total = used.reduce((sum, part) => sum.add(part));
  return { value, first, second: gradients(total, inputs, { allowUnused: true }) };
}

/** What is not as PyTorch has it; undefined where all is. */
export async function faultOf(program: Program, device: Device, tolerance: Tolerance): Promise<string | undefined> {
  const found = run(program, device);
  const pairs: [string, Tensor | undefined, Value[] | null][] = [["the value", found.value, program.value]];
  program.first.forEach((want, i) => {
    pairs.push([`the gradient by x${i}`, found.first[i], want]);
  });
  program.second?.forEach((want, i) => {
    pairs.push([`the second gradient by x${i}`, found.second?.[i], want]);
  });
  const sizes = pairs.flatMap(([, , want]) => want?.map(numberOf).filter(Number.isFinite).map(Math.abs) ?? []);
  const allowed = tolerance.ofLargest * Math.max(1e-30, ...sizes) + tolerance.errors * program.error;
  for (const [name, got, want] of pairs) {
    const values = got === undefined ? [] : [...(await got.data())];
    // A gradient that is not there is zero.
    const size = Math.max(values.length, want?.length ?? 0);
    const right = want?.map(numberOf) ?? new Array<number>(size).fill(0);
    const given = got === undefined ? new Array<number>(size).fill(0) : values;
    const place = firstFault(given, right, allowed, tolerance.relative);
    if (place === undefined) continue;
    const what = `${name} on ${device.name} is ${given[place]} at ${place}, PyTorch has ${right[place]}`;
    return `${what}\n${textOf(program)}\n[${given}]\n[${right}]`;
  }
  return undefined;
}

const END = 3e38;

function firstFault(got: number[], want: number[], allowed: number, relative: number): number | undefined {
  if (got.length !== want.length) return Math.min(got.length, want.length);
  const place = want.findIndex((right, i) => {
    const value = got[i];
    if (Object.is(value + 0, right + 0)) return false;
    // At the end of what float32 holds rounding decides what is infinite, and in double precision nothing is.
    if (Math.abs(right) >= END && Math.abs(value) >= END && Math.sign(value) === Math.sign(right)) return false;
    return !(Math.abs(value - right) <= allowed + relative * Math.abs(right));
  });
  return place < 0 ? undefined : place;
}
