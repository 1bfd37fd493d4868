import type { Device } from "./device.ts";
import { type DType, FLOAT } from "./dtypes.ts";
import { allocate, release } from "./lifetimes.ts";
import { formatShape, rowMajorStrides, type Shape } from "./shape.ts";
import { Tensor } from "./tensor.ts";

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
    const storage = allocate(this.device, shape, dtype, this.name);
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

  /** A tensor was changed in place: a backward rule that needs what it was will say so. */
  changed(x: Tensor): void {
    x.storage.version++;
  }

  /** Ends the forward pass: frees what was neither returned nor saved. Gives the storages that the graph holds. */
  finish(outputs: Tensor | readonly Tensor[]): Tensor["storage"][] {
    const made = this.#made;
    this.#made = [];
    if (outputs instanceof Tensor && made.length === 1 && made[0] === outputs.storage) return made;
    const returned = outputs instanceof Tensor ? [outputs] : outputs;
    return made.filter((storage) => {
      const isNeeded =
        returned.some((y) => y.storage === storage) || this.#saved.some(({ tensor }) => tensor.storage === storage);
      if (!isNeeded) release(storage, `it was a temporary value of ${this.name}`);
      return isNeeded;
    });
  }

  /** Forgets what was saved. */
  clear(): void {
    this.#saved = NOTHING;
  }
}
