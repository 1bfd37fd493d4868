import type { Strided } from "../../device.ts";
import { sizeOf } from "../../shape.ts";
import type { Thread } from "./gpujs.ts";
import { QUOTIENT } from "./helpers.ts";
import { type KernelSpec, kernel } from "./kernel.ts";
import { checkQuotient, isWhole, threadAxes } from "./layout.ts";
import type { Box, Runtime } from "./runtime.ts";

/** The memory behind an operand. */
export function boxOf(x: Strided): Box {
  return x.storage.handle as Box;
}

/**
 * Makes a kernel's result, which lies row-major in a block of its own, the content of `out`. Where `out` is a whole
 * storage that is a change of blocks. Where it is a part of one, the part is copied in, or, on backends that cannot,
 * a kernel puts old and new together.
 */
export function store(runtime: Runtime, out: Strided, result: Box): void {
  const box = boxOf(out);
  if (isWhole(out)) {
    runtime.replace(box, result);
    return;
  }
  const { shape, strides } = threadAxes(out.shape, [out.strides]);
  const own = strides[0];
  const range = shape.length === 1 && own[0] === 1;
  if (!range || !runtime.copyInto(box, out.offset, result, shape[0])) {
    runtime.replace(box, range ? mergeRange(runtime, out, box, result) : mergeView(runtime, out, box, result));
  }
  runtime.free(result);
}

const MERGE_RANGE = kernel(["array", "array", "int", "int"], {
  mergeRange(this: Thread, old: number[], fresh: number[], start: number, length: number) {
    if (this.thread.x < start || this.thread.x >= start + length) return old[this.thread.x];
    return fresh[this.thread.x - start];
  },
});

function mergeRange(runtime: Runtime, out: Strided, box: Box, result: Box): Box {
  return runtime.launch(MERGE_RANGE, box.length, [box, result, out.offset, sizeOf(out.shape)]);
}

/**
 * For the view's axes sorted by stride, largest first: an element of the storage belongs to the view if its distance
 * from the view's start, divided by the strides one after another, leaves coordinates inside the shape and no rest.
 */
function mergeView(runtime: Runtime, out: Strided, box: Box, result: Box): Box {
  const { shape, strides } = threadAxes(out.shape, [out.strides]);
  const packed = shape.map((_, axis) => shape.slice(axis + 1).reduce((product, n) => product * n, 1));
  const axes = shape.map((size, axis) => ({ size, stride: strides[0][axis], packed: packed[axis] }));
  axes.sort((a, b) => b.stride - a.stride);
  checkQuotient("copy", box.length, axes[0].stride);
  const numbers = axes.flatMap(({ size, stride, packed }) => [size, stride, packed]);
  return runtime.launch(mergeViewKernel(axes.length), box.length, [box, result, out.offset, ...numbers]);
}

const mergeViewKernels = new Map<number, KernelSpec>();

function mergeViewKernel(rank: number): KernelSpec {
  let spec = mergeViewKernels.get(rank);
  if (spec !== undefined) return spec;
  const names: string[] = [];
  const lines: string[] = [];
  const sum: string[] = [];
  let rest = "this.thread.x - start";
  for (let i = 0; i < rank; i++) {
    names.push(`n${i}`, `s${i}`, `p${i}`);
    lines.push(`  const at${i} = quotient(${rest}, s${i});`);
    lines.push(`  const rest${i} = remainder(${rest}, s${i});`);
    lines.push(`  if (at${i} >= n${i}) return old[this.thread.x];`);
    sum.push(`~~at${i} * p${i}`);
    rest = `~~rest${i}`;
  }
  const source = [
    `function mergeView(old, fresh, start, ${names.join(", ")}) {`,
    "  if (this.thread.x < start) return old[this.thread.x];",
    ...lines,
    `  if (rest${rank - 1} > 0) return old[this.thread.x];`,
    `  return fresh[${sum.join(" + ")}];`,
    "}",
  ].join("\n");
  spec = {
    name: `mergeView${rank}`,
    source,
    types: ["array", "array", "int", ...names.map((): "int" => "int")],
    helpers: QUOTIENT,
    axes: 1,
    gives: 1,
  };
  mergeViewKernels.set(rank, spec);
  return spec;
}
