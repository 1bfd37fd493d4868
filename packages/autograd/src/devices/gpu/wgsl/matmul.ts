import type { WgslSpec } from "../backend.ts";
import { ints } from "../kernel.ts";

/** Places along the inner axis that are multiplied between two loads. */
export const DEPTH = 16;

/** Elements that one thread computes: a square of so many rows and columns. */
const EACH = 4;

/**
 * The tiled product. A group of threads computes a square of the result; it loads the rows of a and columns of b that the
 * square needs into the group's own fast memory, a few places of the inner axis at a time, and every thread multiplies
 * 4 rows with 4 columns from there: 16 products for 8 loads, where one thread an element has 1 for 2.
 *
 * Where `chunk` is not 0 the product is cut along the inner axis instead of being a batch: z takes the places from
 * z * chunk on, and the partial results are added up afterwards. That gives a small result with a long inner axis, such
 * as the gradient of a weight, enough threads.
 */
function tiled(tile: number): string {
  const side = tile / EACH;
  const threads = side * side;
  const loads = (tile * DEPTH) / threads;
  const each = Array.from({ length: EACH }, (_, i) => i);
  const products = each.map((i) => `      sum${i} += a${i} * b;`).join("\n");
  const store = each.map(
    (i) => `  if (row + ${i} < p.rows) {
    let at = (z * p.rows + row + ${i}) * p.columns + column;
${each.map((j) => `    if (column + ${j} < p.columns) { result[at + ${j}] = sum${i}[${j}]; }`).join("\n")}
  }`,
  );
  return `
struct Params {
  rows: i32, columns: i32, inner: i32, chunk: i32, n0: i32, n1: i32,
  aAt: i32, aRow: i32, aInner: i32, a0: i32, a1: i32, a2: i32,
  bAt: i32, bInner: i32, bColumn: i32, b0: i32, b1: i32, b2: i32,
}
@group(0) @binding(0) var<uniform> p: Params;
@group(0) @binding(1) var<storage, read> a: array<f32>;
@group(0) @binding(2) var<storage, read> b: array<f32>;
@group(0) @binding(3) var<storage, read_write> result: array<f32>;

var<workgroup> rowsOfA: array<f32, ${tile * DEPTH}>;     // [place, row]
var<workgroup> columnsOfB: array<f32, ${tile * DEPTH}>;  // [place, column]

@compute @workgroup_size(${side}, ${side})
fn main(
  @builtin(workgroup_id) group: vec3<u32>,
  @builtin(local_invocation_id) thread: vec3<u32>,
  @builtin(local_invocation_index) number: u32,
) {
  let z = i32(group.z);
  let t = i32(number);
  let firstRow = i32(group.y) * ${tile};
  let firstColumn = i32(group.x) * ${tile};
  var begin = 0;
  var end = p.inner;
  var aStart = p.aAt;
  var bStart = p.bAt;
  if (p.chunk > 0) {
    begin = z * p.chunk;
    end = min(p.inner, begin + p.chunk);
  } else {
    let carry1 = z / p.n0;
    let carry2 = carry1 / p.n1;
    aStart += z * p.a0 + carry1 * p.a1 + carry2 * p.a2;
    bStart += z * p.b0 + carry1 * p.b1 + carry2 * p.b2;
  }
${each.map((i) => `  var sum${i} = vec4<f32>();`).join("\n")}

  for (var first = begin; first < end; first += ${DEPTH}) {
    for (var i = 0; i < ${loads}; i++) {
      let at = t + i * ${threads};
      // Neighbouring threads read what lies next to each other in memory.
      var place = at / ${tile};
      var row = at % ${tile};
      if (p.aInner == 1) { place = at % ${DEPTH}; row = at / ${DEPTH}; }
      var value = 0.0;
      if (first + place < end && firstRow + row < p.rows) {
        value = a[aStart + (firstRow + row) * p.aRow + (first + place) * p.aInner];
      }
      rowsOfA[place * ${tile} + row] = value;

      place = at / ${tile};
      var column = at % ${tile};
      if (p.bInner == 1 && p.bColumn != 1) { place = at % ${DEPTH}; column = at / ${DEPTH}; }
      value = 0.0;
      if (first + place < end && firstColumn + column < p.columns) {
        value = b[bStart + (first + place) * p.bInner + (firstColumn + column) * p.bColumn];
      }
      columnsOfB[place * ${tile} + column] = value;
    }
    workgroupBarrier();
    for (var place = 0; place < ${DEPTH}; place++) {
      let row = place * ${tile} + i32(thread.y) * ${EACH};
      let column = place * ${tile} + i32(thread.x) * ${EACH};
${each.map((i) => `      let a${i} = rowsOfA[row + ${i}];`).join("\n")}
      let b = vec4<f32>(columnsOfB[column], columnsOfB[column + 1], columnsOfB[column + 2], columnsOfB[column + 3]);
${products}
    }
    workgroupBarrier();
  }

  let row = firstRow + i32(thread.y) * ${EACH};
  let column = firstColumn + i32(thread.x) * ${EACH};
${store.join("\n")}
}`;
}

/** By the side of the square that a group computes. */
export const TILED_MATMUL: Readonly<Record<32 | 64, WgslSpec>> = {
  32: { name: "matmul (tiles of 32)", code: tiled(32), numbers: ints(18) },
  64: { name: "matmul (tiles of 64)", code: tiled(64), numbers: ints(18) },
};
