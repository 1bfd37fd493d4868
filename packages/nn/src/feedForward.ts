import { GELU } from "./activations.ts";
import { Linear } from "./linear.ts";
import type { Layer } from "./module.ts";
import { Sequential } from "./sequential.ts";

/** The small network of a transformer's block. */
export interface FeedForwardOptions {
  /** Width in the middle; four times the width unless said otherwise. */
  hidden?: number;
  /** The exact GELU unless said otherwise. */
  activation?: Layer;
}

/** Two linear layers with a nonlinearity between, on each position by itself. x: [..., width] -> the same. */
export class FeedForward extends Sequential {
  constructor(width: number, { hidden = 4 * width, activation = new GELU() }: FeedForwardOptions = {}) {
    super(new Linear(width, hidden), activation, new Linear(hidden, width));
  }
}
