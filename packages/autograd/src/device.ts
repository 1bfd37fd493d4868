import type { BINARY, SLOPE, UNARY } from "./devices/reference/elementwise.ts";
import type { DType, TypedArray } from "./dtypes.ts";
import type { Shape } from "./shape.ts";

/**
 * What a device has to provide. Everything above this file speaks of tensors; everything below it
 * moves numbers. `devices/reference` implements each kernel in its plainest form and is the
 * definition: another device is right when the conformance suite finds it equal to that.
 */

/** A device is gone, and all that was on it. */
export class DeviceLostError extends Error {
  override readonly name = "DeviceLostError";
}

/** A block of memory on a device. Tensors that are views of each other share one. */
export class Storage {
  readonly device: Device;
  readonly dtype: DType;
  readonly length: number;
  readonly handle: unknown;
  /** Counts changes in place, so that a backward rule can tell that a saved value is not what it was. */
  version = 0;
  /** Why the memory was given back; undefined while it is there. */
  freed: string | undefined;
  /** Parameters, gradients and optimiser state: no scope and no ended graph frees them. */
  kept = false;
  /** The op that asked for it. */
  origin = "";
  /** What `lifetimes.ts` knows it by; undefined where it was not allocated there. */
  id: number | undefined;
  /** The scope that looks after it; undefined where a finalizer does. */
  scope: object | undefined;

  /**
   * @param handle what the device knows the block by: a typed array, an address, a GPU buffer.
   * @param length in elements.
   */
  constructor(device: Device, dtype: DType, length: number, handle: unknown) {
    this.device = device;
    this.dtype = dtype;
    this.length = length;
    this.handle = handle;
  }
}

/**
 * Elements of a storage, seen as an array: element `[i, j, …]` lies at
 * `offset + i * strides[0] + j * strides[1] + …`. Every Tensor is one.
 *
 * Kernels take these. Where a kernel's description does not say "strided", its operands are
 * row-major without gaps (the offset may be anything). No kernel's output overlaps its inputs
 * unless they are the very same elements and the kernel says "in place".
 */
export interface Strided {
  readonly storage: Storage;
  readonly shape: Shape;
  readonly strides: Shape;
  readonly offset: number;
}

/**
 * Elementwise ops are named where `devices/reference` defines them; the other devices' tables have to have them all.
 * `y = op(x)`. `affine` is `a * x + b` and `div` is `x / a`, `clamp` bounds by a and b, `pow` raises to a, `leakyRelu` slopes by a.
 */
export type UnaryOp = keyof typeof UNARY;

/** Ops whose derivative is a kernel of its own: from the output y for the first three, from the input x for the rest. */
export type UnaryGradOp = keyof typeof SLOPE;

/** `pow` is that of IEEE 754, as in C. `maximum` and `minimum` pass NaN on. The comparisons give int32: 1 or 0. */
export type BinaryOp = keyof typeof BINARY;
export type CompareOp = "eq" | "ne" | "lt" | "le" | "gt" | "ge";

export type ReduceOp = "sum" | "max" | "min";

/** An array seen as `[outer, size, inner]`, with the work along the middle axis. */
export interface Lanes {
  readonly outer: number;
  readonly size: number;
  readonly inner: number;
}

/** Key of the counter-based generator Philox4x32-10 (Salmon et al., 2011); two unsigned 32-bit words. */
export type RandomKey = readonly [number, number];

/**
 * How rows of logits are scored against class indices. `smoothing` spreads that share of the target
 * evenly over all classes; `weight` scales each class ([classes], float32).
 */
export interface CrossEntropyOptions {
  readonly ignoreIndex: number;
  readonly smoothing: number;
  readonly weight: Strided | undefined;
}

/** Scaled dot-product attention over `[batch, heads, time, size]` (Vaswani et al., 2017). */
export interface AttentionOptions {
  /** Query i sees keys 0 … i + (keys - queries). */
  readonly causal: boolean;
  /** What the scores are multiplied with, usually `1 / sqrt(size)`. */
  readonly scale: number;
  /** Strided, float32, expanded to `[batch, heads, queries, keys]`; added to the scores. `-Infinity` hides a key. */
  readonly mask: Strided | undefined;
}

/** How filters move over images, along height and width. */
export interface FilterOptions {
  readonly size: readonly [number, number];
  readonly stride: readonly [number, number];
  readonly dilation: readonly [number, number];
  /** Whether a filter's elements stand from the last to the first. */
  readonly reversed: boolean;
  /** Columns of the output. */
  readonly columns: number;
}

/** How windows move over planes, along height and width. */
export interface PoolOptions {
  readonly size: readonly [number, number];
  readonly stride: readonly [number, number];
  readonly padding: readonly [number, number];
  readonly dilation: readonly [number, number];
}

export interface AdamWOptions {
  readonly lr: number;
  readonly beta1: number;
  readonly beta2: number;
  readonly eps: number;
  /** Decoupled decay (Loshchilov & Hutter, 2019): `p -= lr * weightDecay * p`. */
  readonly weightDecay: number;
  /** The number of this parameter's step, from 1, for the bias correction. */
  readonly step: number;
  /**
   * Gradients are multiplied with this before use (clipping). One number in memory where knowing it would mean to wait; there
   * 0, and what is no number, say that the gradients are not finite, and nothing is changed.
   */
  readonly gradScale: number | Strided;
}

/** A parameter with its gradient, the two running averages of AdamW, and the number of its step. */
export interface AdamWUpdate {
  readonly p: Strided;
  readonly grad: Strided;
  readonly m: Strided;
  readonly v: Strided;
  readonly step: number;
}

/** Something that holds numbers and computes with them: memory, and kernels by name, of which some are optional. */
export interface Device {
  readonly name: string;
  /** True where memory can be read at once; elsewhere only the asynchronous reads work. */
  readonly hostMemory: boolean;
  /** Bytes that it can hold at most; left out where nobody knows. */
  capacity?(): number;

  // --- memory -----------------------------------------------------------------------------------

  /** Frees what nothing reaches; set by `lifetimes.ts`, called by a device that runs out of memory before it gives up. */
  reclaim?: () => void;
  /** Memory for `length` elements, not cleared. Called by `lifetimes.ts` alone. */
  allocate(length: number, dtype: DType): Storage;
  release(storage: Storage): void;
  /** Writes values from the host, starting at an element's index. */
  upload(storage: Storage, values: ArrayLike<number>, start: number): void;
  /** Copies elements to the host. */
  download(storage: Storage, start: number, length: number): Promise<TypedArray>;
  /** The same at once; only where `hostMemory`. */
  downloadSync(storage: Storage, start: number, length: number): TypedArray;
  /** Returns when every kernel called so far has been computed. Absent where they are computed at once, or nobody can wait. */
  finish?(): void;

  // --- elementwise ------------------------------------------------------------------------------

  /** out = x. Both strided, of one shape. Where the dtypes differ, floats are cut towards zero. */
  copy(out: Strided, x: Strided): void;
  fill(out: Strided, value: number): void;
  /**
   * out = op(x), on float32; in place allowed. `affine`, `abs`, `sign` and `clamp` also on int32, where `affine` is taken
   * modulo 2^32.
   */
  unary(op: UnaryOp, out: Strided, x: Strided, a: number, b: number): void;
  /** dx = op'(saved) * dy, where saved is the op's output or input (see `UnaryGradOp`); in place on dy allowed. */
  unaryGrad(op: UnaryGradOp, dx: Strided, saved: Strided, dy: Strided): void;
  /** out = a op b. a and b strided, of out's shape (broadcast axes have stride 0), of one dtype; in place on a allowed. */
  binary(op: BinaryOp, out: Strided, a: Strided, b: Strided): void;
  /** out = condition ? a : b. All strided, of out's shape; condition is int32. */
  where(out: Strided, condition: Strided, a: Strided, b: Strided): void;

  // --- reductions and scans ---------------------------------------------------------------------

  /** x: [outer, size, inner] -> out: [outer, inner]. size 0 gives 0 for sum and is refused above for max and min. */
  reduce(op: ReduceOp, out: Strided, x: Strided, lanes: Lanes): void;
  /** Index of the first largest or smallest element (NaN counts as extreme): out is int32 [outer, inner]. */
  argReduce(op: "max" | "min", out: Strided, x: Strided, lanes: Lanes): void;
  /** Running sum along the lane, from its end where `reverse`. */
  cumsum(out: Strided, x: Strided, lanes: Lanes, reverse: boolean): void;
  /** The k largest (or smallest) of each row, in order, equal ones by index. x: [rows, n] -> values, indices: [rows, k]. */
  topk(values: Strided, indices: Strided, x: Strided, k: number, largest: boolean): void;

  // --- products ---------------------------------------------------------------------------------

  /**
   * out = a b, or out += a b where `accumulate`. a: [batch…, m, k], b: [batch…, k, n], out: [batch…, m, n].
   * a and b strided: batch axes anyhow (0 where broadcast), one of the last two axes with stride 1. k may be 0.
   */
  matmul(out: Strided, a: Strided, b: Strided, accumulate: boolean): void;

  // --- indexing (errors: an index outside the axis, with its value) -------------------------------

  /** out[o, j, i] = x[o, index[o, j, i], i]. x: [outer, size, inner], index and out: [outer, count, inner]. */
  gather(out: Strided, x: Strided, index: Strided, lanes: Lanes, count: number): void;
  /** out[o, index[o, j, i], i] += x[o, j, i], in the order of j. out: [outer, size, inner], already filled. */
  scatterAdd(out: Strided, index: Strided, x: Strided, lanes: Lanes, count: number): void;
  /** out[o, j, i] = x[o, index[j], i]. x: [outer, size, inner], index: [count] -> out: [outer, count, inner]. */
  indexSelect(out: Strided, x: Strided, index: Strided, lanes: Lanes): void;
  /** out[o, index[j], i] += x[o, j, i], in the order of j. The gradient of `indexSelect` and of an embedding. */
  indexAdd(out: Strided, index: Strided, x: Strided, lanes: Lanes): void;

  // --- random numbers ---------------------------------------------------------------------------

  /**
   * Element i is word `i % 4` of Philox4x32-10 at counter `[floor(i / 4), 0, 0, 0]`, its upper 24 bits times 2^-24: in [0, 1).
   */
  uniform(out: Strided, key: RandomKey): void;
  /**
   * Box and Muller (1958) on the same stream: elements 4c … 4c + 3 come from the four uniforms of counter c,
   * `sqrt(-2 ln(1 - u0)) * [cos, sin](2 pi u1)` and the same with u2 and u3.
   */
  normal(out: Strided, key: RandomKey): void;
  /** out[i] = u[i] < p ? 0 : x[i] / (1 - p), with u as in `uniform`; its own gradient, called with the same key. */
  dropout(out: Strided, x: Strided, p: number, key: RandomKey): void;

  // --- rows: x is [rows, n] -----------------------------------------------------------------------

  /** A row of nothing but -Infinity gives zeros. In place allowed. */
  softmax(out: Strided, x: Strided): void;
  /** dx = y * (dy - sum(dy * y)); in place on dy allowed. */
  softmaxGrad(dx: Strided, y: Strided, dy: Strided): void;
  logSoftmax(out: Strided, x: Strided): void;
  /** dx = dy - exp(y) * sum(dy); in place on dy allowed. */
  logSoftmaxGrad(dx: Strided, y: Strided, dy: Strided): void;
  /** out = (x - mean) * rstd * weight + bias with rstd = 1 / sqrt(var + eps). mean, rstd: [rows]; weight, bias: [n]. */
  layerNorm(
    out: Strided,
    mean: Strided,
    rstd: Strided,
    x: Strided,
    weight: Strided | undefined,
    bias: Strided | undefined,
    eps: number,
  ): void;
  /** Writes those of dx, dweight and dbias that are wanted. */
  layerNormGrad(
    dx: Strided | undefined,
    dweight: Strided | undefined,
    dbias: Strided | undefined,
    dy: Strided,
    x: Strided,
    mean: Strided,
    rstd: Strided,
    weight: Strided | undefined,
  ): void;
  /**
   * losses[r] = the row's weighted loss (0 where ignored), scales[r] = its share in the mean's divisor,
   * lse[r] = log(sum(exp(logits[r]))). targets: int32 [rows]. Errors: a target outside 0 … n - 1 that is not ignored.
   *
   * With w the class weights (1 where not given), t the target, s the smoothing and l = lse - logits:
   * loss = (1 - s) * w[t] * l[t] + s / n * sum_c(w[c] * l[c]),   scale = w[t].
   */
  crossEntropy(
    losses: Strided,
    scales: Strided,
    lse: Strided,
    logits: Strided,
    targets: Strided,
    options: CrossEntropyOptions,
  ): void;
  /** dlogits[r, c] = dlosses[r] * d losses[r] / d logits[r, c]. */
  crossEntropyGrad(
    dlogits: Strided,
    dlosses: Strided,
    lse: Strided,
    logits: Strided,
    targets: Strided,
    options: CrossEntropyOptions,
  ): void;

  // --- optimisers -------------------------------------------------------------------------------

  /** One step of AdamW on one parameter, in place on p, m and v. Adam where weightDecay is 0. */
  adamW(p: Strided, grad: Strided, m: Strided, v: Strided, options: AdamWOptions): void;

  // --- fused, optional: where a device has none of its own, the composite definition above is used ---

  /** `adamW` on many parameters in one pass, each with a step count of its own. */
  adamWAll?(updates: readonly AdamWUpdate[], options: Omit<AdamWOptions, "step">): void;
  /** The sum of the squares of all elements of all tensors; out has one element. */
  sumOfSquares?(out: Strided, tensors: readonly Strided[]): void;
  /** out = x Wᵀ + bias, then the exact GELU where `gelu`. x: [rows, k], weight: strided [n, k], bias: [n] -> [rows, n]. */
  linear?(out: Strided, x: Strided, weight: Strided, bias: Strided | undefined, gelu: boolean): void;
  /** `layerNorm` of which nothing but out is wanted. */
  normalize?(out: Strided, x: Strided, weight: Strided | undefined, bias: Strided | undefined, eps: number): void;
  /**
   * out[b, t] = weight[tokens[b, t]] + positions[t]. tokens: int32 [batch, time], weight: [vocabulary, width], positions:
   * [time, width] -> [batch, time, width]. Errors: a token outside the vocabulary.
   */
  embed?(out: Strided, weight: Strided, positions: Strided, tokens: Strided): void;
  /**
   * dweight[tokens[b, t]] += dy[b, t] and dpositions[t] += dy[b, t], in the order of b, then t. Shapes as in `embed`, the
   * results already filled; undefined where one is not wanted.
   */
  embedGrad?(dweight: Strided | undefined, dpositions: Strided | undefined, dy: Strided, tokens: Strided): void;
  /** out = silu(gate) * up. All of one shape. */
  swiglu?(out: Strided, gate: Strided, up: Strided): void;
  /** dgate = silu'(gate) * up * dy, dup = silu(gate) * dy. */
  swigluGrad?(dgate: Strided, dup: Strided, gate: Strided, up: Strided, dy: Strided): void;
  /** With z = x + bias: out = gelu(z), and x becomes gelu'(z), which is all that the gradient needs. x, out: [rows, n]; bias: [n]. */
  biasGelu?(out: Strided, x: Strided, bias: Strided): void;
  /** dx = slope * dy with what `biasGelu` left in x, dbias = sum of dx over the rows; in place on dy allowed. */
  biasGeluGrad?(dx: Strided, dbias: Strided, slope: Strided, dy: Strided): void;

  /**
   * Filters over images, which see no edge: what is beyond it stands in the images. images: [batch, channels, phases, height,
   * width]; with a stride of s along both axes there are s² phases, and phase `s i + j` holds the rows i, i + s, … of the columns
   * j, j + s, …; weight: [outputs, channels size[0] size[1]], bias: [outputs] -> out: [batch, outputs, rows, columns].
   */
  convolve?(out: Strided, images: Strided, weight: Strided, bias: Strided | undefined, options: FilterOptions): void;
  /**
   * out = the largest element of each window, places (int32) = where in its plane it lies, -1 for a window of nothing but padding.
   * x: [planes, height, width] -> out, places: [planes, rows, columns]. The first of equal ones; a NaN before all numbers.
   */
  maxPool?(out: Strided, places: Strided, x: Strided, options: PoolOptions): void;
  /** dx[plane, places] += dy, from zeros. dx: [planes, height, width]; dy, places: [planes, rows, columns]. */
  maxPoolGrad?(dx: Strided, dy: Strided, places: Strided): void;
  /** The gradient of `weight`. dy: as `out`, its rows as wide as the images', with zeros from `columns` on. */
  convolveGrad?(dweight: Strided, dy: Strided, images: Strided, options: FilterOptions): void;

  /**
   * A step of long short-term memory: gates [rows, 4 n] are what the input, forget, candidate and output gate come to, and become
   * i, f, g, o: their sigmoids, and the tanh of the candidate; then c = f before + i g, h = o tanh(c). before, c, h: [rows, n].
   */
  lstmGates?(h: Strided, c: Strided, gates: Strided, before: Strided): void;
  /** dgates with what `lstmGates` left in gates; dc comes in as the gradient of c, and goes out as that of before. */
  lstmGatesGrad?(dgates: Strided, dc: Strided, dh: Strided, gates: Strided, c: Strided, before: Strided): void;

  /**
   * out = softmax(q kᵀ * scale + mask) v without storing the scores (Dao et al., 2022). q, out: [batch, heads, queries, size];
   * k, v: [batch, heads, keys, size]; lse: [batch, heads, queries]. All but lse are strided, with stride 1 along the last
   * axis: heads are usually read from and written into `[batch, time, heads, size]` as it lies. A query that sees no key
   * gives zeros and lse = -Infinity.
   */
  attention?(out: Strided, lse: Strided, q: Strided, k: Strided, v: Strided, options: AttentionOptions): void;
  /**
   * Attention of one new position of each sequence, which `start` positions in a cache precede: its keys and values are added to
   * the cache behind them. qkv: [batch, 1, 3 heads size]; cache: [batch, 2, heads, context, size] -> [batch, 1, heads size].
   */
  attendCached?(out: Strided, cache: Strided, qkv: Strided, start: number, scale: number): void;
  attentionGrad?(
    dq: Strided,
    dk: Strided,
    dv: Strided,
    dout: Strided,
    out: Strided,
    lse: Strided,
    q: Strided,
    k: Strided,
    v: Strided,
    options: AttentionOptions,
  ): void;
}
