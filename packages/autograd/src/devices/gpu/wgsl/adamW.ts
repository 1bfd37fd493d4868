import type { WgslSpec } from "../backend.ts";
import { ints } from "../kernel.ts";

const THREADS = 64;

/** Groups of threads for so many elements. */
export function elementGroups(elements: number): number[] {
  const groups = Math.ceil(elements / THREADS);
  const deep = Math.ceil(groups / 65535);
  return [Math.ceil(groups / deep), deep, 1];
}

/** One step of AdamW in one run, in place on p, m and v. */
export const ADAMW: WgslSpec = {
  name: "adamW (in place)",
  numbers: [...ints(6), ...new Array<"float">(9).fill("float")],
  code: `
struct Params {
  length: i32, gradAt: i32, scaleAt: i32, pAt: i32, mAt: i32, vAt: i32,
  beta1: f32, rest1: f32, beta2: f32, rest2: f32, factor: f32, kept: f32, rate: f32, correction: f32, eps: f32,
}
@group(0) @binding(0) var<uniform> p: Params;
@group(0) @binding(1) var<storage, read> gradients: array<f32>;
@group(0) @binding(2) var<storage, read> scale: array<f32>;
@group(0) @binding(3) var<storage, read_write> parameters: array<f32>;
@group(0) @binding(4) var<storage, read_write> means: array<f32>;
@group(0) @binding(5) var<storage, read_write> squares: array<f32>;

@compute @workgroup_size(${THREADS})
fn main(@builtin(global_invocation_id) thread: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
  let i = i32(thread.x + thread.y * groups.x * ${THREADS}u);
  // Gradients that are not finite have no scale above 0.
  if (i >= p.length || !(scale[p.scaleAt] > 0.0)) { return; }
  let gradient = gradients[p.gradAt + i] * p.factor * scale[p.scaleAt];
  let mean = p.beta1 * means[p.mAt + i] + p.rest1 * gradient;
  let square = p.beta2 * squares[p.vAt + i] + p.rest2 * gradient * gradient;
  means[p.mAt + i] = mean;
  squares[p.vAt + i] = square;
  parameters[p.pAt + i] = p.kept * parameters[p.pAt + i] - p.rate * mean / (sqrt(square * p.correction) + p.eps);
}`,
};
