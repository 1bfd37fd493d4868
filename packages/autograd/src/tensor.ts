import { assertHolds, assertNumber, assertOptions, assertTensor } from "./check.ts";
import type { Device, Storage, Strided } from "./device.ts";
import { device as findDevice } from "./devices.ts";
import { type DType, isFloat, type TypedArray } from "./dtypes.ts";
import type { GradientHook, GraphNode } from "./engine/graph.ts";
import { gradEnabled, recordingAs } from "./engine/recording.ts";
import { type BackwardOptions, backward } from "./engine/sweep.ts";
import { allocate, isSpared, keep, release, settle, spareFromGraph } from "./lifetimes.ts";
import { IndexingMethods } from "./methods/indexing.ts";
import * as arithmetic from "./ops/arithmetic.ts";
import * as views from "./ops/views.ts";
import { inspect, mention, print } from "./print.ts";
import { expandStrides, formatShape, isRowMajor, rowMajorStrides, type Shape, sizeOf } from "./shape.ts";

/** A number, or numbers nested in arrays. */
export type NestedArray = number | NestedArray[];

/** One axis or several; -1 is the last one. */
export type Axes = number | readonly number[];

/** Whether what is reduced leaves a trace in the shape. */
export interface KeepDim {
  /** Leave the reduced axes in the shape, with size 1. */
  keepDim?: boolean;
}

/**
 * An n-dimensional array of float32 or int32 on a device, and the place where its gradient gathers.
 *
 * Methods are PyTorch's, in camelCase. Those that compute something stand in `methods/`, a file a family, each class
 * adding to the one before; each op is described in `ops/`, where its derivative stands next to it.
 *
 * ```ts
 * import { tensor } from "@lectern/autograd";
 *
 * const x = tensor([[1, 2, 3]], { requiresGrad: true });
 * x.square().sum().backward();
 * console.log(x.grad?.arraySync()); // [[2, 4, 6]]
 * ```
 */
export class Tensor extends IndexingMethods implements Strided {
  readonly storage: Storage;
  readonly shape: Shape;
  readonly strides: Shape;
  readonly offset: number;
  /** The op that made it, for messages. */
  readonly origin: string;
  /** d loss / d this, after `backward()`; filled for leaves that require a gradient. */
  grad: Tensor | undefined;
  /** The call that made this tensor, where gradients are recorded. */
  node: GraphNode | undefined;
  /** Called with the gradient when it has arrived at this leaf, where there are any. */
  hooks: GradientHook[] | undefined;
  /** Undefined where nobody ever asked for it; false is a parameter that is frozen. */
  #requiresGrad: boolean | undefined;

  constructor(storage: Storage, shape: Shape, strides: Shape, offset: number, origin: string) {
    super();
    this.storage = storage;
    this.shape = shape;
    this.strides = strides;
    this.offset = offset;
    this.origin = origin;
  }

  get device(): Device {
    return this.storage.device;
  }
  get dtype(): DType {
    return this.storage.dtype;
  }
  /** Number of elements. */
  get size(): number {
    return sizeOf(this.shape);
  }
  /** Number of axes. */
  get rank(): number {
    return this.shape.length;
  }
  /** Whether `backward()` computes a gradient for this tensor, or through it. */
  get requiresGrad(): boolean {
    return this.#requiresGrad === true || this.node !== undefined;
  }
  /** Whether this is a leaf to be learnt, also while it is frozen: `requiresGrad_()` was called on it, or said so when it was made. */
  get isParameter(): boolean {
    return this.#requiresGrad !== undefined;
  }
  get isLeaf(): boolean {
    return this.node === undefined;
  }

  /** Marks a leaf as something to differentiate by; with `false` freezes one. Errors: int32, or the result of a recorded op. */
  requiresGrad_(on = true): this {
    if (this.node !== undefined) throw new Error("requiresGrad_: this tensor was computed; detach() it first");
    if (on && !isFloat(this.dtype)) throw new Error("requiresGrad_: only float32 tensors have gradients");
    if (on || this.isParameter) this.#requiresGrad = on;
    if (on) keep(this);
    return this;
  }

  /** Errors: the memory was given back; says of which tensor, and why. */
  assertAlive(op: string): void {
    if (this.storage.freed === undefined) return;
    throw new Error(
      `${op}: the memory of tensor ${formatShape(this.shape)}, made by ${this.origin}, was freed: ${this.storage.freed}`,
    );
  }

  isContiguous(): boolean {
    return isRowMajor(this.shape, this.strides);
  }

  // --- gradients --------------------------------------------------------------------------------

  /**
   * Adds to `leaf.grad`, for every leaf this tensor was computed from, the derivative of this tensor by the leaf.
   * A tensor of several elements needs a seed: the gradient of whatever follows, of the same shape.
   */
  backward(seed?: Tensor | BackwardOptions, options: BackwardOptions = {}): void {
    const given = seed instanceof Tensor ? undefined : seed;
    for (const part of [given, options]) assertOptions("backward", part, ["retainGraph", "createGraph"]);
    if (seed === undefined || seed instanceof Tensor) backward(this, seed, options);
    else backward(this, undefined, seed);
  }

  /** The same memory, cut off from the graph. */
  detach(): Tensor {
    this.assertAlive("detach");
    spareFromGraph(this.storage);
    return new Tensor(this.storage, this.shape, this.strides, this.offset, this.origin);
  }

  /** Fills `grad` of this computed tensor too. Errors: nothing it was computed from requires a gradient. */
  retainGrad(): void {
    if (!this.requiresGrad) throw new Error("retainGrad: this tensor has no gradient; call requiresGrad_() first");
    if (this.node !== undefined) this.node.retained = this;
  }

  /** Calls `hook` with the gradient of this tensor; what it returns replaces it. Returns a function that removes it. */
  registerHook(hook: GradientHook): () => void {
    if (!this.requiresGrad) throw new Error("registerHook: this tensor has no gradient; call requiresGrad_() first");
    const owner = this.node ?? this;
    owner.hooks ??= [];
    const { hooks } = owner;
    hooks.push(hook);
    return () => {
      const at = hooks.indexOf(hook);
      if (at >= 0) hooks.splice(at, 1);
    };
  }

  /** Forgets the gradient and gives its memory back, unless it was detached to be kept. */
  zeroGrad(): void {
    const { grad } = this;
    this.grad = undefined;
    if (grad?.node !== undefined || !grad?.storage.kept || isSpared(grad.storage)) return;
    release(grad.storage, "zeroGrad() forgot this gradient: keep it with t.grad.detach()");
  }

  /** What a scope has to spare along with this tensor, so that `backward()` still works on it. */
  *graphStorages(): Iterable<Storage> {
    const seen = new Set<GraphNode>();
    const stack = this.node === undefined ? [] : [this.node];
    while (stack.length > 0) {
      const node = stack.pop()!;
      if (seen.has(node)) continue;
      seen.add(node);
      yield* node.storages();
      for (const { node: before } of node.inputs) if (before !== undefined) stack.push(before);
    }
  }

  // --- reading ----------------------------------------------------------------------------------

  /** The elements, row-major, as a new typed array (float64 on `reference`). */
  async data(): Promise<TypedArray> {
    this.assertAlive("data");
    const dense = this.#denseForReading();
    const values = await this.device.download(dense.storage, dense.offset, this.size);
    if (dense !== this) release(dense.storage, "it was a copy for reading");
    await settle();
    return values;
  }

  /** `data()` at once. Errors: a device whose memory is not on the host. */
  dataSync(): TypedArray {
    this.assertAlive("dataSync");
    if (!this.device.hostMemory) {
      throw new Error(`dataSync: the memory of device ${this.device.name} cannot be read at once: use await t.data()`);
    }
    const dense = this.#denseForReading();
    const values = this.device.downloadSync(dense.storage, dense.offset, this.size);
    if (dense !== this) release(dense.storage, "it was a copy for reading");
    return values;
  }

  #denseForReading(): Tensor {
    if (this.isContiguous()) return this;
    const copy = Tensor.empty(this.shape, this.dtype, this.device, "copy for reading");
    this.device.copy(copy, this);
    return copy;
  }

  /** The elements as nested arrays of numbers; a number for a scalar. */
  async array(): Promise<NestedArray> {
    return nest(await this.data(), this.shape);
  }
  arraySync(): NestedArray {
    return nest(this.dataSync(), this.shape);
  }

  /** The one element. Errors: there are more, or none. */
  async item(): Promise<number> {
    this.#assertOne("item");
    return (await this.data())[0];
  }
  itemSync(): number {
    this.#assertOne("itemSync");
    return this.dataSync()[0];
  }

  #assertOne(name: string): void {
    if (this.size !== 1) throw new Error(`${name}: needs one element, this tensor is ${formatShape(this.shape)}`);
  }

  // --- printing: see `print.ts` -------------------------------------------------------------------

  override toString(): string {
    return print(this);
  }
  toJSON(): string {
    return print(this);
  }
  [inspect](depth: number): string {
    return depth < 0 ? mention(this) : print(this);
  }
  /** Without it Vitest copies a tensor field by field before it prints it. */
  get [Symbol.toStringTag](): string {
    return "Tensor";
  }
  /** Text where text is wanted. Errors: a number is wanted, as `a * b` and `a < b` do. */
  [Symbol.toPrimitive](hint: string): string {
    if (hint !== "number") return print(this);
    throw new TypeError(
      `a tensor ${formatShape(this.shape)} is no number: write a.mul(b) for a * b, a.lt(b) for a < b; await t.item() reads one`,
    );
  }

  // --- making and moving ------------------------------------------------------------------------

  /** A tensor with undefined content. */
  static empty(shape: Shape, dtype: DType, on: Device, origin: string): Tensor {
    return new Tensor(allocate(on, shape, dtype, origin), shape, rowMajorStrides(shape), 0, origin);
  }

  /** A tensor of this one's shape and device, filled with a number. */
  filled(value: number, dtype: DType = this.dtype): Tensor {
    const result = Tensor.empty(this.shape, dtype, this.device, "full");
    this.device.fill(result, value);
    return result;
  }

  /**
   * A copy on another device; this tensor itself if it is there already. Not differentiable.
   * Errors: from a device whose memory is not on the host, which only `await t.data()` reads.
   */
  to(target: string | Device): Tensor {
    const on = findDevice(target);
    if (on === this.device) return this;
    const result = Tensor.empty(this.shape, this.dtype, on, this.origin);
    on.upload(result.storage, this.dataSync(), 0);
    return this.isParameter ? result.requiresGrad_().requiresGrad_(this.requiresGrad) : result;
  }

  // --- in place: for parameters, under noGrad -----------------------------------------------------

  /** Errors: it would falsify a recorded graph, or change an element that stands for several. */
  #assertChangeable(op: string, ...operands: (Tensor | number)[]): void {
    this.assertAlive(op);
    if (gradEnabled() && [this, ...operands].some((x) => x instanceof Tensor && x.requiresGrad)) {
      throw new Error(
        `${op}: changes in place are not recorded: use ${op.slice(0, -1)}, or wrap it in noGrad(() => …)`,
      );
    }
    for (const x of operands) {
      if (!(x instanceof Tensor)) continue;
      x.assertAlive(op);
      if (x.device !== this.device) {
        throw new Error(`${op}: tensors are on different devices: ${this.device.name} and ${x.device.name}`);
      }
    }
    if (this.size > 0 && this.shape.some((n, axis) => n > 1 && this.strides[axis] === 0)) {
      throw new Error(`${op}: elements of this ${formatShape(this.shape)} stand for several: clone() it first`);
    }
  }

  #combineInPlace(op: "add" | "sub" | "mul" | "div", other: Tensor | number): this {
    this.#assertChangeable(`${op}_`, other);
    if (typeof other === "number" && isFloat(this.dtype) && this.isContiguous()) {
      if (op === "div") this.device.unary("div", this, this, other, 0);
      else {
        // Adding -0 changes nothing, not even -0.
        const [a, b] = op === "mul" ? [other, -0] : [1, op === "add" ? other : -other];
        this.device.unary("affine", this, this, a, b);
      }
      this.storage.version++;
      return this;
    }
    if (other instanceof Tensor) {
      const strides = expandStrides(`${op}_`, other.shape, other.strides, this.shape);
      const { storage, offset } = other;
      if (this.isContiguous() && isFloat(this.dtype) && other.dtype === this.dtype && storage !== this.storage) {
        this.device.binary(op, this, this, { storage, shape: this.shape, strides, offset });
        this.storage.version++;
        return this;
      }
    }
    const combine = { add: arithmetic.add, sub: arithmetic.sub, mul: arithmetic.mul, div: arithmetic.div }[op];
    const result = recordingAs(false, () => combine(this, other));
    this.#overwrite(`${op}_`, result);
    release(result.storage, `it was a temporary value of ${op}_`);
    return this;
  }

  #overwrite(op: string, source: Tensor): this {
    const strides = expandStrides(op, source.shape, source.strides, this.shape);
    // Where both lie in the same memory, what is still to be read must not be overwritten.
    const shared = source.storage === this.storage;
    const from = shared ? Tensor.empty(this.shape, this.dtype, this.device, op) : this;
    this.device.copy(from, { storage: source.storage, shape: this.shape, strides, offset: source.offset });
    if (shared) {
      this.device.copy(this, from);
      release(from.storage, `it was a temporary value of ${op}`);
    }
    this.storage.version++;
    return this;
  }

  add_(other: Tensor | number): this {
    return this.#combineInPlace("add", other);
  }
  sub_(other: Tensor | number): this {
    return this.#combineInPlace("sub", other);
  }
  mul_(other: Tensor | number): this {
    return this.#combineInPlace("mul", other);
  }
  div_(other: Tensor | number): this {
    return this.#combineInPlace("div", other);
  }
  /** Takes over the values of a tensor that expands to this shape. */
  copy_(source: Tensor): this {
    assertTensor("copy_", source, "the source");
    this.#assertChangeable("copy_", source);
    return this.#overwrite("copy_", source);
  }
  fill_(value: number): this {
    assertNumber("fill_", "the value", value);
    assertHolds("fill_", this.dtype, value);
    this.#assertChangeable("fill_");
    if (!this.isContiguous())
      return this.#overwrite("fill_", Tensor.empty([], this.dtype, this.device, "fill_").fill_(value));
    this.device.fill(this, value);
    this.storage.version++;
    return this;
  }
  zero_(): this {
    return this.fill_(0);
  }

  /** The last two axes swapped: a matrix's transpose. */
  get T(): Tensor {
    return views.transpose(this, -2, -1);
  }
}

function nest(values: TypedArray, shape: Shape): NestedArray {
  if (shape.length === 0) return values[0];
  const build = (axis: number, start: number, count: number): NestedArray[] => {
    const step = count / shape[axis];
    if (axis === shape.length - 1) return Array.from(values.subarray(start, start + shape[axis]));
    return Array.from({ length: shape[axis] }, (_, i) => build(axis + 1, start + i * step, step));
  };
  return build(0, 0, values.length);
}
