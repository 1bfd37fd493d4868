import { assertOptions } from "../check.ts";
import { tensor } from "../creation.ts";
import { normalizeAxis } from "../shape.ts";
import type { Tensor } from "../tensor.ts";
import { topk } from "./reductions.ts";

/** The order that `sort` gives. */
export interface SortOptions {
  /** From the largest to the smallest. */
  descending?: boolean;
}

/** The elements along an axis in order, and where they stood; equal ones stay in theirs. Gradients flow back to them. */
export function sort(x: Tensor, axis = -1, options: SortOptions = {}): { values: Tensor; indices: Tensor } {
  assertOptions("sort", options, ["descending"]);
  if (x.rank === 0) return { values: x.alias(), indices: x.mul(0).int() };
  const at = normalizeAxis("sort", axis, x.rank);
  return topk(x, x.shape[at], at, { largest: options.descending ?? false });
}

/**
 * Where the elements are that are not 0: int32 [count, axes], in row-major order. Reads the tensor, as only then it is
 * known how many there are. Errors: a device whose memory is not on the host.
 */
export function nonzero(x: Tensor): Tensor {
  if (!x.device.hostMemory) {
    throw new Error(
      `nonzero: how many there are would have to be read, and device ${x.device.name} has to be waited for: look for them in await t.data()`,
    );
  }
  const places: number[] = [];
  for (const [at, value] of x.dataSync().entries()) {
    if (value === 0) continue;
    let rest = at;
    const place = x.shape.map(() => 0);
    for (let axis = x.rank - 1; axis >= 0; axis--) {
      place[axis] = rest % x.shape[axis];
      rest = Math.floor(rest / x.shape[axis]);
    }
    places.push(...place);
  }
  const count = x.rank === 0 ? Number(x.dataSync()[0] !== 0) : places.length / x.rank;
  return tensor(Int32Array.from(places), { shape: [count, x.rank], device: x.device });
}
