import type { Device } from "./device.ts";
import { type DType, FLOAT, isFloat } from "./dtypes.ts";
import { GraphNode } from "./engine/graph.ts";
import { fusedEnabled } from "./fused.ts";
import { allocate, release } from "./lifetimes.ts";
import { modes } from "./modes.ts";
import { isObserving, observed } from "./profile.ts";
import { formatShape, rowMajorStrides, type Shape, sizeOf } from "./shape.ts";
import { Tensor } from "./tensor.ts";

/** What is left of an op's arguments without the tensors: the backward rule gets these. */
export type Settings<Args extends readonly unknown[]> = Args extends readonly [infer First, ...infer Rest]
  ? [First] extends [Tensor | readonly Tensor[] | undefined]
    ? Settings<Rest>
    : [First, ...Settings<Rest>]
  : [];

/** What a gradient rule gives for one input: undefined where the input has none. */
export type Gradient = Tensor | undefined;

export interface OpDefinition<Args extends readonly unknown[]> {
  /** Computes the value, unrecorded; must return a tensor of its own (`ctx.allocate` or `ctx.view`), never an argument. */
  forward(ctx: OpContext, ...args: Args): Tensor;
  /**
   * From the gradient of the output, the gradients of the tensor arguments, in their order. Written with tensor ops it
   * can be differentiated again. Where it calls a device's kernels, give `composite` too.
   */
  backward(ctx: OpContext, dy: Tensor, ...settings: Settings<Args>): Gradient[];
  /**
   * The same function in terms of other ops; used in place of `backward` when a gradient of the gradient is wanted, and in
   * place of the whole op where fused kernels are switched off (`setFused`).
   */
  composite?(...args: Args): Tensor;
}

/** An op before its argument types are known to the engine. */
export interface AnyOp {
  readonly name: string;
  backward(ctx: OpContext, dy: Tensor, settings: readonly unknown[]): Gradient[];
  readonly composite: ((args: readonly unknown[]) => Tensor) | undefined;
}

const NOTHING: readonly never[] = [];

/** One call of an op: what its forward pass leaves for its backward pass. */
export class OpContext {
  readonly name: string;
  /** False where nothing is recorded: saving costs nothing then. */
  readonly tracked: boolean;
  readonly device: Device;
  /** For the backward rule: shapes of the tensor arguments, in order. */
  readonly shapes: readonly Shape[];
  /** For the backward rule: whether each tensor argument wants a gradient. */
  readonly needs: readonly boolean[];
  #saved: readonly { tensor: Tensor; version: number }[] = NOTHING;
  #made: Tensor["storage"][] = [];

  constructor(name: string, inputs: readonly Tensor[], tracked: boolean) {
    this.name = name;
    this.tracked = tracked;
    this.device = inputs[0].device;
    this.shapes = tracked ? inputs.map((x) => x.shape) : NOTHING;
    this.needs = tracked ? inputs.map((x) => x.requiresGrad) : NOTHING;
  }

  /** A new tensor with undefined content. */
  allocate(shape: Shape, dtype: DType = FLOAT): Tensor {
    const storage = allocate(this.device, sizeOf(shape), dtype);
    this.#made.push(storage);
    return new Tensor(storage, shape, rowMajorStrides(shape), 0, this.name);
  }

  /** The same memory under another shape. */
  view(x: Tensor, shape: Shape, strides: Shape, offset = x.offset): Tensor {
    return new Tensor(x.storage, shape, strides, offset, this.name);
  }

  /** x itself where it lies row-major without gaps, else a copy that does. */
  dense(x: Tensor): Tensor {
    if (x.isContiguous()) return x;
    const copy = this.allocate(x.shape, x.dtype);
    this.device.copy(copy, x);
    return copy;
  }

  /** Keeps tensors for the backward rule, which finds them in `ctx.saved`. */
  save(...tensors: Tensor[]): void {
    if (!this.tracked) return;
    this.#saved = tensors.map((tensor) => ({ tensor, version: tensor.storage.version }));
  }

  /** What `save` was given. Errors: one of them was changed in place or freed since. */
  get saved(): Tensor[] {
    return this.#saved.map(({ tensor, version }) => {
      tensor.assertAlive(this.name);
      if (tensor.storage.version !== version) {
        throw new Error(
          `${this.name}: a value that its gradient needs, ${formatShape(tensor.shape)} made by ${tensor.origin}, was ` +
            "changed in place after the forward pass: change it after backward(), or work on a clone()",
        );
      }
      return tensor;
    });
  }

  /** Where the saved tensors lie. */
  savedStorages(): Tensor["storage"][] {
    return this.#saved.map(({ tensor }) => tensor.storage);
  }

  /** Ends the forward pass: frees what was neither returned nor saved. Gives the storages that the graph holds. */
  finish(output: Tensor): Tensor["storage"][] {
    const made = this.#made;
    this.#made = [];
    if (made.length === 1 && made[0] === output.storage) return made;
    return made.filter((storage) => {
      const isNeeded = storage === output.storage || this.#saved.some(({ tensor }) => tensor.storage === storage);
      if (!isNeeded) release(storage, `it was a temporary value of ${this.name}`);
      return isNeeded;
    });
  }

  /** Forgets what was saved. */
  clear(): void {
    this.#saved = NOTHING;
  }
}

/** Errors: the tensor is int32, which an op for real numbers cannot take. */
export function assertFloat(op: string, x: Tensor): void {
  if (!isFloat(x.dtype)) throw new TypeError(`${op}: works on float32, this tensor is ${x.dtype}: use .float()`);
}

function tensorsIn(args: readonly unknown[]): Tensor[] {
  const tensors: Tensor[] = [];
  for (const arg of args) {
    if (arg instanceof Tensor) tensors.push(arg);
    else if (Array.isArray(arg)) for (const part of arg) if (part instanceof Tensor) tensors.push(part);
  }
  return tensors;
}

/** Errors: tensors of several devices, or one whose memory was freed. Gives whether one requires a gradient. */
function inspect(name: string, inputs: readonly Tensor[]): boolean {
  const { device, shape } = inputs[0];
  let wanted = false;
  for (const x of inputs) {
    x.assertAlive(name);
    if (x.device !== device) {
      throw new Error(
        `${name}: tensors are on different devices: ${device.name} ${formatShape(shape)} and ` +
          `${x.device.name} ${formatShape(x.shape)}: move one with t.to(device)`,
      );
    }
    wanted ||= x.requiresGrad;
  }
  return wanted;
}

function settingsIn(args: readonly unknown[]): unknown[] {
  const isTensor = (arg: unknown) => arg instanceof Tensor || (Array.isArray(arg) && arg[0] instanceof Tensor);
  return args.filter((arg) => !isTensor(arg));
}

/**
 * Makes a differentiable function: its value and its derivative, next to each other.
 *
 * Arguments are tensors (alone or in arrays), then settings (anything else), then tensors that may be left out;
 * `backward` gets the settings after the output's gradient. Errors: tensors of several devices, or one whose memory was freed.
 */
export function defineOp<Args extends readonly unknown[]>(
  name: string,
  definition: OpDefinition<Args>,
): (...args: Args) => Tensor {
  const op: AnyOp = {
    name,
    backward: (ctx, dy, settings) => definition.backward(ctx, dy, ...(settings as Settings<Args>)),
    composite: definition.composite && ((args) => definition.composite!(...(args as unknown as Args))),
  };
  return (...args) => {
    const inputs = tensorsIn(args);
    if (inputs.length === 0) throw new TypeError(`${name}: expects a tensor, got ${typeof args[0]}`);
    const here = modes();
    const { recording } = here;
    const tracked = inspect(name, inputs) && recording;
    if (definition.composite !== undefined && !fusedEnabled()) return definition.composite(...args);
    const ctx = new OpContext(name, inputs, tracked);
    here.recording = false;
    let output: Tensor;
    try {
      output = isObserving()
        ? observed(name, "forward", () => definition.forward(ctx, ...args))
        : definition.forward(ctx, ...args);
    } finally {
      here.recording = recording;
    }
    if (inputs.includes(output)) {
      throw new Error(`${name}: forward returned its argument: return x.clone(), or a view by ctx.view`);
    }
    const held = ctx.finish(output);
    if (tracked && isFloat(output.dtype)) {
      output.node = new GraphNode(op, ctx, inputs, op.composite ? args : settingsIn(args), held);
    }
    return output;
  };
}
