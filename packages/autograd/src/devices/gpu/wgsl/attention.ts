import type { WgslSpec } from "../backend.ts";
import { ints } from "../kernel.ts";

/**
 * Attention without storing the scores (Dao et al., "FlashAttention", 2022). A group of 16 x 16 threads takes 16 queries
 * of one head (or 16 keys, for the gradients of keys and values) and goes through the keys (queries) 16 at a time: thread
 * [row, column] works out the score of one pair. Vectors come through the group's memory a chunk at a time; of the
 * result's rows, each thread sums the elements at column, column + 16, ….
 */
export const TILE = 16;

/** Elements of 16 vectors that are in the group's memory at once. */
const chunkOf = (size: number) => (size <= TILE ? TILE : 2 * TILE);

/** Vectors up to this size share a kernel, in which the number of chunks is a constant. */
export const roundedSize = (size: number): number => Math.ceil(size / chunkOf(size)) * chunkOf(size);

/** The arrays that a kernel reads and writes, apart from the mask. */
interface Arrays {
  /** Of vectors, with a place in the parameters each, in this order. */
  readonly vectors: readonly string[];
  /** One number a query. */
  readonly numbers: readonly string[];
  readonly results: readonly string[];
  /** Places of results in the parameters; several may be in one array. */
  readonly targets: readonly string[];
}

/** What the kernels have in common: parameters, bindings, the group's memory, and how a vector's element is read. */
function head(size: number, masked: boolean, { vectors, numbers, results, targets }: Arrays): string {
  const chunk = chunkOf(size);
  const read = [...vectors, ...numbers, ...(masked ? ["mask"] : [])];
  const arrays = [...read.map((name) => `read> ${name}`), ...results.map((name) => `read_write> ${name}`)];
  const places = [...vectors, "mask", ...targets];
  return `
const TILE = ${TILE};
const CHUNK = ${chunk};
const CHUNKS = ${roundedSize(size) / chunk};
const SUMS = ${roundedSize(size) / TILE};
// A column more than is used, so that what lies below each other is in different banks of memory.
const WIDTH = CHUNK + 1;
const PAIRS = TILE + 1;

struct Params {
  queries: i32, keys: i32, size: i32, heads: i32, causal: i32, scale: f32, lowest: f32,
${places.map((name) => `  ${name}At: i32, ${name}Batch: i32, ${name}Head: i32, ${name}Row: i32,`).join("\n")}
  maskColumn: i32, lseAt: i32,
}
@group(0) @binding(0) var<uniform> p: Params;
${arrays.map((text, i) => `@group(0) @binding(${i + 1}) var<storage, ${text}: array<f32>;`).join("\n")}

var<workgroup> own: array<f32, TILE * WIDTH>;     // 16 rows of what the group is there for
var<workgroup> others: array<f32, TILE * WIDTH>;  // 16 rows of what it goes through
var<workgroup> weights: array<f32, TILE * PAIRS>; // [row, column]
var<workgroup> slopes: array<f32, TILE * PAIRS>;

var<private> row: i32;
var<private> column: i32;
var<private> z: i32; // number of the sequence and head
${vectors
  .map(
    (name) => `
fn ${name}(vector: i32, vectors: i32, element: i32) -> f32 {
  if (vector >= vectors || element >= p.size) { return 0.0; }
  return ${name}Array[p.${name}At + z / p.heads * p.${name}Batch + z % p.heads * p.${name}Head + vector * p.${name}Row + element];
}`,
  )
  .join("")}

fn scoreOf(dot: f32, query: i32, key: i32) -> f32 {
  if (query >= p.queries || key >= p.keys) { return p.lowest; }
  if (p.causal == 1 && key > query + p.keys - p.queries) { return p.lowest; }
  ${
    masked
      ? "return dot * p.scale + mask[p.maskAt + z / p.heads * p.maskBatch + z % p.heads * p.maskHead + query * p.maskRow + key * p.maskColumn];"
      : "return dot * p.scale;"
  }
}

// exp(score - most); the score may be -Infinity, and the smallest float.
fn weightOf(score: f32, most: f32) -> f32 {
  if (score >= -3.4028234663852886e38) { return exp(score - most); }
  return 0.0;
}

// Where the largest score is a mask's smallest float, the logarithm has lost the sum: as many keys share the weight as have it.
fn shareOf(query: i32, logarithm: f32) -> f32 {
  if (logarithm > -1e30 || logarithm < -3.4028234663852886e38) { return 1.0; }
  var end = p.keys;
  if (p.causal == 1) { end = min(end, query + 1 + p.keys - p.queries); }
  var sharers = 0.0;
  for (var key = 0; key < end; key++) {
    if (scoreOf(0.0, query, key) >= logarithm) { sharers += 1.0; }
  }
  return 1.0 / max(sharers, 1.0);
}

@compute @workgroup_size(TILE, TILE)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_id) thread: vec3<u32>) {
  row = i32(thread.y);
  column = i32(thread.x);
  z = i32(group.z);
  let first = i32(group.x) * TILE;
`.replaceAll(/(read|read_write)> (q|k|v|dout|out):/g, "$1> $2Array:");
}

/** Adds to `sum` the dot products of own and other vectors. */
const dots = (sum: string, own: string, other: string) => `
    for (var chunk = 0; chunk < CHUNKS; chunk++) {
      for (var i = column; i < CHUNK; i += TILE) {
        own[row * WIDTH + i] = ${own}, chunk * CHUNK + i);
        others[row * WIDTH + i] = ${other}, chunk * CHUNK + i);
      }
      workgroupBarrier();
      for (var i = 0; i < CHUNK; i++) { ${sum} += own[row * WIDTH + i] * others[column * WIDTH + i]; }
      workgroupBarrier();
    }`;

/** Adds to `sums`, element by element, the other vectors times each row's weights. */
const weigh = (sums: string, weights: string, other: string) => `
    for (var chunk = 0; chunk < CHUNKS; chunk++) {
      for (var i = column; i < CHUNK; i += TILE) { others[row * WIDTH + i] = ${other}, chunk * CHUNK + i); }
      workgroupBarrier();
      for (var i = 0; i < TILE; i++) {
        let weight = ${weights}[row * PAIRS + i];
        for (var j = 0; j < CHUNK / TILE; j++) {
          ${sums}[chunk * (CHUNK / TILE) + j] += weight * others[i * WIDTH + column + j * TILE];
        }
      }
      workgroupBarrier();
    }`;

/** Writes sums to a row of a result. */
const write = (sums: string, target: string, array: string, vector: string, factor = "") => `
    let ${target}Start = p.${target}At + z / p.heads * p.${target}Batch + z % p.heads * p.${target}Head + ${vector} * p.${target}Row;
    for (var i = 0; i < SUMS; i++) {
      if (column + i * TILE < p.size) { ${array}[${target}Start + column + i * TILE] = ${sums}[i]${factor}; }
    }`;

/** Keys after the last that a group's queries see. */
const LAST_KEY = `
  var end = p.keys;
  if (p.causal == 1) { end = min(end, first + TILE + p.keys - p.queries); }`;

function specOf(name: string, size: number, masked: boolean, arrays: Arrays, body: string): WgslSpec {
  const places = arrays.vectors.length + 1 + arrays.targets.length;
  return {
    name: `${name} (vectors of ${roundedSize(size)}${masked ? ", masked" : ""})`,
    code: `${head(size, masked, arrays)}${body}\n}`,
    numbers: [...ints(5), "float", "float", ...ints(4 * places + 2)],
  };
}

/** q, k, v (and mask) -> out and, for each query, the logarithm of its weights' divisor. */
export function attentionForward(size: number, masked: boolean): WgslSpec {
  const arrays = { vectors: ["q", "k", "v"], numbers: [], results: ["result", "lse"], targets: ["result"] };
  const body = `
  let query = first + row;
  // No lower, as -Infinity less itself would be NaN.
  var most = -3.4028234663852886e38;
  var total = 0.0;
  var sums: array<f32, SUMS>;
${LAST_KEY}
  for (var firstKey = 0; firstKey < end; firstKey += TILE) {
    var dot = 0.0;
${dots("dot", "q(query, p.queries", "k(firstKey + row, p.keys")}
    let score = scoreOf(dot, query, firstKey + column);
    weights[row * PAIRS + column] = score;
    workgroupBarrier();
    var newMost = most;
    for (var i = 0; i < TILE; i++) { newMost = max(newMost, weights[row * PAIRS + i]); }
    workgroupBarrier();
    weights[row * PAIRS + column] = weightOf(score, newMost);
    workgroupBarrier();
    // What was summed so far was relative to the largest score so far.
    let correction = exp(most - newMost);
    most = newMost;
    total *= correction;
    for (var i = 0; i < TILE; i++) { total += weights[row * PAIRS + i]; }
    for (var i = 0; i < SUMS; i++) { sums[i] *= correction; }
${weigh("sums", "weights", "v(firstKey + row, p.keys")}
  }
  if (query < p.queries) {
    var divisor = 1.0;
    var logarithm = p.lowest;
    if (total > 0.0) {
      divisor = total;
      logarithm = most + log(total);
    }
${write("sums", "result", "result", "query", " / divisor")}
    if (column == 0) { lse[z * p.queries + query] = logarithm; }
  }`;
  return specOf("attention", size, masked, arrays, body);
}

/** q, k, v, dout, lse, deltas (and mask) -> dq. */
export function attentionQueryGrad(size: number, masked: boolean): WgslSpec {
  const arrays = {
    vectors: ["q", "k", "v", "dout"],
    numbers: ["lse", "deltas"],
    results: ["result"],
    targets: ["result"],
  };
  const body = `
  let query = first + row;
  var logarithm = 0.0;
  var share = 1.0;
  var delta = 0.0;
  if (query < p.queries) {
    logarithm = lse[p.lseAt + z * p.queries + query];
    share = shareOf(query, logarithm);
    delta = deltas[z * p.queries + query];
  }
  var sums: array<f32, SUMS>;
${LAST_KEY}
  for (var firstKey = 0; firstKey < end; firstKey += TILE) {
    var dot = 0.0;
    var slope = 0.0;
${dots("dot", "q(query, p.queries", "k(firstKey + row, p.keys")}
${dots("slope", "dout(query, p.queries", "v(firstKey + row, p.keys")}
    let weight = share * weightOf(scoreOf(dot, query, firstKey + column), logarithm);
    slopes[row * PAIRS + column] = weight * (slope - delta) * p.scale;
    workgroupBarrier();
${weigh("sums", "slopes", "k(firstKey + row, p.keys")}
  }
  if (query < p.queries) {
${write("sums", "result", "result", "query")}
  }`;
  return specOf("attention gradient of queries", size, masked, arrays, body);
}

/**
 * q, k, v, dout, lse, deltas (and mask) -> dk and dv, which are parts of one array (a GPU need not have room for more than
 * eight): the last argument of the arrays. A group is there for 16 keys, and goes through the queries.
 */
export function attentionKeyGrad(size: number, masked: boolean): WgslSpec {
  const arrays = {
    vectors: ["q", "k", "v", "dout"],
    numbers: ["lse", "deltas"],
    results: ["gradients"],
    targets: ["dk", "dv"],
  };
  const body = `
  let key = first + row;
  var keySums: array<f32, SUMS>;
  var valueSums: array<f32, SUMS>;
  var begin = 0;
  // The first query that sees the first of these keys.
  if (p.causal == 1) { begin = max(0, first - (p.keys - p.queries)) / TILE * TILE; }
  for (var firstQuery = begin; firstQuery < p.queries; firstQuery += TILE) {
    let query = firstQuery + column;
    var dot = 0.0;
    var slope = 0.0;
${dots("dot", "k(key, p.keys", "q(firstQuery + row, p.queries")}
${dots("slope", "v(key, p.keys", "dout(firstQuery + row, p.queries")}
    var weight = 0.0;
    var delta = 0.0;
    if (query < p.queries) {
      let logarithm = lse[p.lseAt + z * p.queries + query];
      weight = shareOf(query, logarithm) * weightOf(scoreOf(dot, query, key), logarithm);
      delta = deltas[z * p.queries + query];
    }
    weights[row * PAIRS + column] = weight;
    slopes[row * PAIRS + column] = weight * (slope - delta) * p.scale;
    workgroupBarrier();
${weigh("valueSums", "weights", "dout(firstQuery + row, p.queries")}
${weigh("keySums", "slopes", "q(firstQuery + row, p.queries")}
  }
  if (key < p.keys) {
${write("keySums", "dk", "gradients", "key")}
${write("valueSums", "dv", "gradients", "key")}
  }`;
  return specOf("attention gradient of keys", size, masked, arrays, body);
}
