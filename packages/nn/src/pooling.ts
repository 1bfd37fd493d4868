import type { Tensor } from "@lectern/autograd";
import { assertPaddingMask, assertSequence } from "./check.ts";
import { Module } from "./module.ts";

/** From a sequence to one vector, for classification. Padding (0 in an int32 mask [batch, time]) does not count. */

/** A pooling layer: x: [batch, time, width], with or without a padding mask -> [batch, width]. */
export interface Pooling extends Module {
  forward(x: Tensor, paddingMask?: Tensor): Tensor;
}

/** [batch, time, 1], fit to be combined with x. */
function positionsOf(owner: string, x: Tensor, paddingMask: Tensor): Tensor {
  const [batch, time] = x.shape;
  assertPaddingMask(owner, paddingMask, batch, time);
  return paddingMask.unsqueeze(-1);
}

/** The mean over time; zeros for a sequence of nothing but padding. */
export class GlobalAveragePooling extends Module {
  forward(x: Tensor, paddingMask?: Tensor): Tensor {
    assertSequence("GlobalAveragePooling", x);
    if (paddingMask === undefined) return x.mean(1);
    const seen = positionsOf("GlobalAveragePooling", x, paddingMask).ne(0).float();
    return x.mul(seen).sum(1).div(seen.sum(1).clamp(1));
  }
}

/** The largest value over time, for each element of the width; zeros for a sequence of nothing but padding. */
export class GlobalMaxPooling extends Module {
  forward(x: Tensor, paddingMask?: Tensor): Tensor {
    assertSequence("GlobalMaxPooling", x);
    if (paddingMask === undefined) return x.max(1);
    const hidden = positionsOf("GlobalMaxPooling", x, paddingMask).eq(0);
    const isEmpty = hidden.min(1);
    return x.maskedFill(hidden, Number.NEGATIVE_INFINITY).max(1).maskedFill(isEmpty, 0);
  }
}
