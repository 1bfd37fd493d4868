import type { Strided } from "../../../device.ts";
import { rowMajorStrides, sizeOf } from "../../../shape.ts";
import type { Box, Runtime } from "../runtime.ts";
import { boxOf, store } from "../store.ts";
import { PARTS, SUM_OF_SQUARES, TENSORS } from "../wgsl/sumOfSquares.ts";
import { map, mapped } from "./map.ts";
import { element, PLAIN, reduceLanes } from "./reduce.ts";

/**
 * Several steps in one. Each function that is exported here is an optional kernel of the device, on every backend: a new
 * one needs no line elsewhere.
 */

const FORMULAS = {
  swiglu(gate: number, up: number) {
    return (gate / (1 + Math.exp(-gate))) * up;
  },
  swigluGate(gate: number, up: number, dy: number) {
    const s = 1 / (1 + Math.exp(-gate));
    return s * (1 + gate * (1 - s)) * up * dy;
  },
  square(x: number) {
    return x * x;
  },
  addSeven(a: number, b: number, c: number, d: number, e: number, f: number, g: number) {
    return a + b + c + (d + e) + (f + g);
  },
};

const flat = (x: Strided) => ({ box: boxOf(x), offset: x.offset, strides: rowMajorStrides(x.shape) });

export function swiglu(runtime: Runtime, out: Strided, gate: Strided, up: Strided): void {
  const { swiglu } = FORMULAS;
  map(runtime, { swiglu }, out, [gate, up].map(flat));
}

export function swigluGrad(
  runtime: Runtime,
  dgate: Strided,
  dup: Strided,
  gate: Strided,
  up: Strided,
  dy: Strided,
): void {
  const { swiglu, swigluGate } = FORMULAS;
  map(runtime, { swigluGate }, dgate, [gate, up, dy].map(flat));
  map(runtime, { swiglu }, dup, [gate, dy].map(flat));
}

/** As many as a kernel can read at once. */
const TOGETHER = 7;

export function sumOfSquares(runtime: Runtime, out: Strided, tensors: readonly Strided[]): void {
  if (runtime.fused && tensors.length > 0) {
    store(runtime, out, sumOfSquaresTogether(runtime, tensors));
    return;
  }
  const { square, addSeven } = FORMULAS;
  let sums = tensors
    .filter((x) => sizeOf(x.shape) > 0)
    .map((x) => {
      const lanes = { outer: 1, size: sizeOf(x.shape), inner: 1 };
      return reduceLanes(runtime, { square }, "sum", [element(boxOf(x), x.offset)], lanes);
    });
  if (sums.length === 0) sums = [runtime.box(1)];
  while (sums.length > 1) {
    const fewer: Box[] = [];
    for (let i = 0; i < sums.length; i += TOGETHER) {
      const part = sums.slice(i, i + TOGETHER);
      const padded = [...part, ...new Array<Box>(TOGETHER - part.length).fill(runtime.zero)];
      const operands = padded.map((box) => ({ box, offset: 0, strides: [1] }));
      fewer.push(mapped(runtime, { addSeven }, [1], operands));
      runtime.free(...part);
    }
    sums = fewer;
  }
  store(runtime, out, sums[0]);
}

/** A few tensors a run, each in parts, whose sums gather in one box; then their sum. */
function sumOfSquaresTogether(runtime: Runtime, tensors: readonly Strided[]): Box {
  const runs = Math.ceil(tensors.length / TENSORS);
  const length = runs * TENSORS * PARTS;
  let sums: Box | undefined;
  for (let run = 0; run < runs; run++) {
    const some = tensors.slice(run * TENSORS, (run + 1) * TENSORS);
    const missing = TENSORS - some.length;
    const zeros = new Array<number>(missing).fill(0);
    const boxes = [...some.map(boxOf), ...new Array<Box>(missing).fill(runtime.zero)];
    const numbers = [run, ...some.map((x) => sizeOf(x.shape)), ...zeros, ...some.map((x) => x.offset), ...zeros];
    const groups = [PARTS, TENSORS, 1];
    if (sums === undefined) [sums] = runtime.launchWgsl(SUM_OF_SQUARES, groups, [length], [...boxes, ...numbers]);
    else runtime.launchWgsl(SUM_OF_SQUARES, groups, [], [...boxes, ...numbers, sums], [sums]);
  }
  const total = reduceLanes(runtime, PLAIN.sum, "sum", [element(sums!)], { outer: 1, size: length, inner: 1 });
  runtime.free(sums!);
  return total;
}
