import type { WgslSpec } from "../backend.ts";
import { ints } from "../kernel.ts";

const THREADS = 64;

/** Tensors that one run looks at. WebGPU promises a kernel 8 arrays, one of which is the result. */
export const TENSORS = 7;

/** Groups of threads that share the elements of one tensor. */
export const PARTS = 32;

const each = Array.from({ length: TENSORS }, (_, i) => i);

/**
 * The sums of squares of some tensors, `[run, tensor, part]`: group x of row y adds up what is its part of tensor y. One
 * run for seven tensors, as a model has many small ones, and a run costs the host more than their elements the GPU.
 */
export const SUM_OF_SQUARES: WgslSpec = {
  name: "sumOfSquares (of seven tensors)",
  numbers: ints(1 + 2 * TENSORS),
  code: `
struct Params { run: i32, ${each.map((i) => `n${i}: i32`).join(", ")}, ${each.map((i) => `at${i}: i32`).join(", ")} }
@group(0) @binding(0) var<uniform> p: Params;
${each.map((i) => `@group(0) @binding(${i + 1}) var<storage, read> x${i}: array<f32>;`).join("\n")}
@group(0) @binding(${TENSORS + 1}) var<storage, read_write> sums: array<f32>;

var<workgroup> shared_: array<f32, ${THREADS}>;

@compute @workgroup_size(${THREADS})
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) number: u32) {
  let t = i32(number);
  let first = i32(group.x) * ${THREADS} + t;
  var sum = 0.0;
  switch group.y {
${each
  .map(
    (i) => `    case ${i}u: {
      for (var i = first; i < p.n${i}; i += ${PARTS * THREADS}) { sum += x${i}[p.at${i} + i] * x${i}[p.at${i} + i]; }
    }`,
  )
  .join("\n")}
    default: {}
  }
  shared_[t] = sum;
  workgroupBarrier();
  for (var half = ${THREADS / 2}; half > 0; half /= 2) {
    if (t < half) { shared_[t] += shared_[t + half]; }
    workgroupBarrier();
  }
  if (t == 0) { sums[(p.run * ${TENSORS} + i32(group.y)) * ${PARTS} + i32(group.x)] = shared_[0]; }
}`,
};
