import { numbersOf } from "../check.ts";
import * as arranging from "../ops/arranging.ts";
import * as views from "../ops/views.ts";
import { unfold } from "../ops/windows.ts";
import type { Shape } from "../shape.ts";
import type { Axes, Tensor } from "../tensor.ts";
import { ProductMethods } from "./products.ts";

/** What changes how elements are laid out, and which are seen. */
export abstract class ShapeMethods extends ProductMethods {
  reshape(this: Tensor, ...shape: number[] | [Shape]): Tensor {
    return views.reshape(this, numbersOf("reshape", shape));
  }
  /** Axes `start` to `end` as one. */
  flatten(this: Tensor, start = 0, end = -1): Tensor {
    return views.flatten(this, start, end);
  }
  transpose(this: Tensor, a: number, b: number): Tensor {
    return views.transpose(this, a, b);
  }
  permute(this: Tensor, ...axes: number[] | [Shape]): Tensor {
    return views.permute(this, numbersOf("permute", axes));
  }
  expand(this: Tensor, ...shape: number[] | [Shape]): Tensor {
    return views.expand(this, numbersOf("expand", shape));
  }
  squeeze(this: Tensor, axis?: number): Tensor {
    return views.squeeze(this, axis);
  }
  unsqueeze(this: Tensor, axis: number): Tensor {
    return views.unsqueeze(this, axis);
  }
  /** Elements `start … end - 1` along an axis, every `step`-th; negative bounds count from the end. */
  slice(this: Tensor, axis: number, start?: number, end?: number, step?: number): Tensor {
    return views.slice(this, axis, start, end, step);
  }
  /** `length` elements along an axis, from `start`. */
  narrow(this: Tensor, axis: number, start: number, length: number): Tensor {
    return views.slice(this, axis, start, start + length);
  }
  /** One index of an axis, which disappears. */
  select(this: Tensor, axis: number, index: number): Tensor {
    return views.select(this, axis, index);
  }
  split(this: Tensor, size: number | readonly number[], axis = 0): Tensor[] {
    return views.split(this, size, axis);
  }
  /** The same elements in the same graph, as another tensor. */
  alias(this: Tensor): Tensor {
    return views.reshape(this, this.shape);
  }
  contiguous(this: Tensor): Tensor {
    return this.isContiguous() ? this : views.clone(this);
  }
  clone(this: Tensor): Tensor {
    return views.clone(this);
  }
  repeat(this: Tensor, ...counts: number[] | [Shape]): Tensor {
    return arranging.repeat(this, numbersOf("repeat", counts));
  }
  tile(this: Tensor, ...counts: number[] | [Shape]): Tensor {
    return arranging.tile(this, numbersOf("tile", counts));
  }
  repeatInterleave(this: Tensor, count: number, axis?: number): Tensor {
    return arranging.repeatInterleave(this, count, axis);
  }
  /** `[left, right]` of the last axis, then of the one before it, and so on. */
  pad(this: Tensor, widths: readonly number[], options?: arranging.PadOptions): Tensor {
    return arranging.pad(this, widths, options);
  }
  flip(this: Tensor, axes: Axes): Tensor {
    return arranging.flip(this, axes);
  }
  roll(this: Tensor, shifts: Axes, axes?: Axes): Tensor {
    return arranging.roll(this, shifts, axes);
  }
  /** Windows of `size` elements along an axis, `step` apart; what is in them stands along a new last axis. */
  unfold(this: Tensor, axis: number, size: number, step = 1, dilation = 1): Tensor {
    return unfold(this, axis, size, step, dilation);
  }
}
