import type { Device, Strided } from "../../device.ts";
import { isFloat, type TypedArray } from "../../dtypes.ts";
import { gradients } from "../../engine/functional.ts";
import { recordingAs } from "../../engine/recording.ts";
import { defineOp, type Gradient, type OpContext } from "../../op.ts";
import { formatShape, type Shape, sizeOf } from "../../shape.ts";
import type { Tensor } from "../../tensor.ts";
import type { GpuDevice } from "./device.ts";
import type { Thread } from "./gpujs.ts";
import { type ArgumentType, functionText, type HelperBody, helper, type KernelSpec } from "./kernel.ts";

export type { Thread } from "./gpujs.ts";

type Tensors = readonly Tensor[];
type Numbers = readonly number[];
type Composite = (...args: (Tensor | number)[]) => Tensor;

/** A kernel of one's own: what computes an element, the result's shape, and the way back. */
export interface KernelDefinition<T extends Tensors, N extends Numbers> {
  /**
   * Computes one element of the result, in JavaScript as gpu.js understands it. It is called with the tensors, as arrays
   * nested like their axes (`x[row][column]`), and then with the numbers. `this.thread.x` is the element's index along
   * the last axis, `this.thread.y` and `this.thread.z` those along the axes before. A tensor has up to three axes.
   * Where a bundler rewrites functions, which gpu.js then cannot read, it is given as text: `"function (x) { … }"`.
   */
  kernel: ((this: Thread, ...args: never[]) => number) | string;
  /** The result's shape, of up to three axes. */
  shape(...args: [...T, ...N]): Shape;
  /** Functions of numbers that the kernel calls; as text, `"function square(x) { … }"`, where the kernel is text. */
  helpers?: readonly (((...values: number[]) => number) | string)[];
  /** The gradients of the tensors, in order, from that of the result; undefined for one that has none. */
  backward?(dy: Tensor, ...args: [...T, ...N]): Gradient[];
  /** The same function in terms of other ops. Where there is no `backward`, this is what is differentiated. */
  composite?(...args: [...T, ...N]): Tensor;
}

const isGpuDevice = (device: Device): device is GpuDevice => "runKernel" in device;

let defined = 0;

/**
 * Makes an op of a kernel of your own: a gpu.js function that computes one element of the result. On the gpu it is
 * translated to WGSL, GLSL or WebAssembly; elsewhere the function itself is called for each element, which is slow and
 * always right, so the other devices can be asked whether the gpu is. See docs/extending.md for an example.
 *
 * Errors: a tensor or a result of more than three axes; a gradient is wanted, but neither `backward` nor `composite` given.
 */
export function defineKernel<T extends Tensors, N extends Numbers = []>(
  name: string,
  definition: KernelDefinition<T, N>,
): (...args: [...T, ...N]) => Tensor {
  const here = callable(name, definition);
  const compile = kernelSpecs(`${name} (kernel ${++defined})`, definition);
  return defineOp<[...T, ...N]>(name, {
    forward(ctx: OpContext, ...args: [...T, ...N]): Tensor {
      const tensors = args.filter((arg): arg is Tensor => typeof arg !== "number");
      const out = ctx.allocate(definition.shape(...args));
      for (const x of [...tensors, out]) assertAxes(name, x.shape);
      ctx.save(...tensors);
      const operands = args.map((arg) => (typeof arg === "number" ? arg : atStart(ctx, arg)));
      if (out.size === 0) return out;
      if (isGpuDevice(ctx.device)) ctx.device.runKernel(compile(operands, out), out, operands);
      else runHere(ctx, here, out, operands);
      return out;
    },
    backward(ctx: OpContext, dy: Tensor, ...numbers: unknown[]): Gradient[] {
      const args = [...ctx.saved, ...numbers] as unknown as [...T, ...N];
      if (definition.backward) return definition.backward(dy, ...args);
      if (!definition.composite) {
        throw new Error(`${name}: has no gradient: give defineKernel a backward rule, or a composite definition`);
      }
      return differentiate(
        definition.composite as unknown as Composite,
        ctx.saved,
        numbers as number[],
        dy,
      ) as Gradient[];
    },
    composite: definition.composite && ((...args: [...T, ...N]) => definition.composite!(...args)),
  });
}

function assertAxes(name: string, shape: Shape): void {
  if (shape.length > 3) {
    throw new RangeError(`${name}: a kernel's arrays have up to three axes, not ${formatShape(shape)}: reshape first`);
  }
}

/** The tensor itself where it lies without gaps from its storage's start, else a copy that does. */
function atStart(ctx: OpContext, x: Tensor): Tensor {
  if (x.offset === 0 && x.isContiguous()) return x;
  const copy = ctx.allocate(x.shape, x.dtype);
  ctx.device.copy(copy, x);
  return copy;
}

/** The gradients of a function of other ops, at given tensors. */
function differentiate(
  composite: Composite,
  tensors: readonly Tensor[],
  numbers: readonly number[],
  dy: Tensor,
): Gradient[] {
  return recordingAs(true, () => {
    const inputs = tensors.map((x) => (isFloat(x.dtype) ? x.detach().requiresGrad_() : x));
    const y = composite(...inputs, ...numbers);
    const real = inputs.filter((x) => isFloat(x.dtype));
    const found = gradients(y, real, { seed: dy, allowUnused: true });
    return inputs.map((x) => (isFloat(x.dtype) ? found[real.indexOf(x)] : undefined));
  });
}

/** The name in a function's text, which is the one that a kernel's text calls it by, also where a bundler changed both. */
function calledName(own: ((...values: number[]) => number) | string): string {
  const name = /^\s*(?:function\s+)?([\w$]+)\s*\(/.exec(String(own))?.[1];
  return name ?? (own as { name?: string }).name ?? "";
}

/** The function that a text says, which may call others by their names. */
function functionOf(name: string, text: string, helpers: ReadonlyMap<string, unknown> = new Map()): HelperBody {
  return new Function(...helpers.keys(), `return ${functionText(name, text)}`)(...helpers.values()) as HelperBody;
}

/** What is called for each element where there is no GPU: the kernel itself, or the function that its text says. */
function callable(name: string, { kernel, helpers = [] }: Texts): unknown {
  if (typeof kernel !== "string") return kernel;
  try {
    const own = new Map<string, unknown>();
    for (const one of helpers) {
      own.set(calledName(one), typeof one === "string" ? functionOf(calledName(one), one, own) : one);
    }
    return functionOf("kernel", kernel, own);
  } catch (error) {
    throw new SyntaxError(`${name}: the text is no function of JavaScript: ${(error as Error).message}`, {
      cause: error,
    });
  }
}

type Texts = Pick<KernelDefinition<Tensors, Numbers>, "kernel" | "helpers">;

/** What gpu.js has to know of a kernel, for each number of axes that its arrays are called with. */
function kernelSpecs(name: string, definition: Texts) {
  const specs = new Map<string, KernelSpec>();
  return (args: readonly (Strided | number)[], out: Strided): KernelSpec => {
    const types = args.map((arg): ArgumentType => {
      if (typeof arg === "number") return "float";
      return arg.shape.length <= 1 ? "array" : arg.shape.length === 2 ? "array2" : "array3";
    });
    const axes = out.shape.length <= 1 ? 1 : 3;
    const key = `${name} of ${types.join(", ")} in ${axes}`;
    let spec = specs.get(key);
    if (spec === undefined) {
      const helpers = (definition.helpers ?? []).map((own) => {
        const { length } = typeof own === "string" ? functionOf(calledName(own), own) : own;
        return helper(new Array<"float">(length).fill("float"), "float", { [calledName(own)]: own as HelperBody });
      });
      spec = { name: key, source: functionText("kernel", definition.kernel), types, helpers, axes, gives: 1 };
      specs.set(key, spec);
    }
    return spec;
  };
}

/** Calls the function for each element, on a device whose memory can be read at once. */
function runHere({ device }: OpContext, kernel: unknown, out: Tensor, args: readonly (Strided | number)[]): void {
  const values = args.map((arg) =>
    typeof arg === "number" ? arg : nested(device.downloadSync(arg.storage, 0, sizeOf(arg.shape)), arg.shape),
  );
  const [width, height = 1, depth = 1] = out.shape.length === 0 ? [1] : [...out.shape].reverse();
  const result = new Float64Array(out.size);
  const body = kernel as (this: Thread, ...args: unknown[]) => number;
  let at = 0;
  for (let z = 0; z < depth; z++) {
    for (let y = 0; y < height; y++) {
      for (let x = 0; x < width; x++) result[at++] = body.apply({ thread: { x, y, z } }, values);
    }
  }
  device.upload(out.storage, result, 0);
}

type Nested = TypedArray | Nested[];

/** An array of rows, of matrices of rows, … as views of one flat array. */
function nested(flat: TypedArray, shape: Shape): Nested {
  if (shape.length <= 1) return flat;
  const size = sizeOf(shape.slice(1));
  return Array.from({ length: shape[0] }, (_, i) => nested(flat.subarray(i * size, (i + 1) * size), shape.slice(1)));
}
