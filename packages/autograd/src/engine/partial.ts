import type { Shape } from "../shape.ts";
import type { Tensor } from "../tensor.ts";

/**
 * The gradient of a tensor of which only a part was used: zeros elsewhere. The sweep adds it in place to what gathers at
 * that tensor, so that T slices of one tensor cost as much as the tensor, and not T times that.
 */
export class PartialGradient {
  /** Of the whole. */
  readonly shape: Shape;
  /** The gradient of the part. */
  readonly part: Tensor;
  /** The whole, by ops that can be recorded. */
  readonly whole: () => Tensor;
  /** Adds the part, in place, to a row-major tensor of the whole's shape. */
  readonly addTo: (sum: Tensor) => void;

  constructor(shape: Shape, part: Tensor, ways: Pick<PartialGradient, "whole" | "addTo">) {
    this.shape = shape;
    this.part = part;
    this.whole = ways.whole;
    this.addTo = ways.addTo;
  }
}

/** What a gradient rule gives for one input. */
export type Given = Tensor | PartialGradient | undefined;
