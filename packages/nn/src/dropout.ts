import { dropout, type Tensor } from "@lectern/autograd";
import { Module } from "./module.ts";

/**
 * In training each element becomes 0 with probability p, the others are divided by 1 - p (Srivastava et al., 2014);
 * in evaluation nothing changes. Errors: p outside 0 … 1.
 */
export class Dropout extends Module {
  readonly p: number;

  constructor(p = 0.5) {
    super();
    if (!(p >= 0 && p <= 1)) throw new RangeError(`Dropout: p is ${p}, a probability lies from 0 to 1`);
    this.p = p;
  }

  forward(x: Tensor): Tensor {
    return this.training ? dropout(x, this.p) : x;
  }
}
