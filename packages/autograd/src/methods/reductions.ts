import * as pointwise from "../ops/pointwise.ts";
import * as reductions from "../ops/reductions.ts";
import * as running from "../ops/running.ts";
import * as rows from "../ops/softmax.ts";
import * as sorting from "../ops/sorting.ts";
import type { Axes, KeepDim, Tensor } from "../tensor.ts";
import { ElementwiseMethods } from "./elementwise.ts";

/** What sums axes up, picks from them, or runs along them. */
export abstract class ReductionMethods extends ElementwiseMethods {
  sum(this: Tensor, axes?: Axes, options?: KeepDim): Tensor {
    return reductions.sum(this, axes, options);
  }
  mean(this: Tensor, axes?: Axes, options?: KeepDim): Tensor {
    return reductions.mean(this, axes, options);
  }
  max(this: Tensor, axes?: Axes, options?: KeepDim): Tensor {
    return reductions.max(this, axes, options);
  }
  min(this: Tensor, axes?: Axes, options?: KeepDim): Tensor {
    return reductions.min(this, axes, options);
  }
  var(this: Tensor, axes?: Axes, options?: KeepDim & { correction?: number }): Tensor {
    return reductions.variance(this, axes, options);
  }
  std(this: Tensor, axes?: Axes, options?: KeepDim & { correction?: number }): Tensor {
    return pointwise.sqrtFlatAtZero(reductions.variance(this, axes, options));
  }
  logSumExp(this: Tensor, axes?: Axes, options?: KeepDim): Tensor {
    return reductions.logSumExp(this, axes, options);
  }
  argmax(this: Tensor, axis?: number, options?: KeepDim): Tensor {
    return reductions.argmax(this, axis, options);
  }
  argmin(this: Tensor, axis?: number, options?: KeepDim): Tensor {
    return reductions.argmin(this, axis, options);
  }
  cumsum(this: Tensor, axis: number): Tensor {
    return reductions.cumsum(this, axis);
  }
  topk(this: Tensor, k: number, axis = -1, options?: { largest?: boolean }): { values: Tensor; indices: Tensor } {
    return reductions.topk(this, k, axis, options);
  }
  softmax(this: Tensor, axis: number): Tensor {
    return rows.softmax(this, axis);
  }
  logSoftmax(this: Tensor, axis: number): Tensor {
    return rows.logSoftmax(this, axis);
  }
  prod(this: Tensor, axes?: Axes, options?: KeepDim): Tensor {
    return running.prod(this, axes, options);
  }
  cumprod(this: Tensor, axis: number): Tensor {
    return running.cumprod(this, axis);
  }
  norm(this: Tensor, p = 2, axes?: Axes, options?: KeepDim): Tensor {
    return running.norm(this, p, axes, options);
  }
  sort(this: Tensor, axis = -1, options?: sorting.SortOptions): { values: Tensor; indices: Tensor } {
    return sorting.sort(this, axis, options);
  }
  argsort(this: Tensor, axis = -1, options?: sorting.SortOptions): Tensor {
    return sorting.sort(this, axis, options).indices;
  }
}
