import { bmm, matmul } from "../ops/matmul.ts";
import type { Tensor } from "../tensor.ts";
import { ReductionMethods } from "./reductions.ts";

/** Products of matrices. */
export abstract class ProductMethods extends ReductionMethods {
  matmul(this: Tensor, other: Tensor): Tensor {
    return matmul(this, other);
  }
  bmm(this: Tensor, other: Tensor): Tensor {
    return bmm(this, other);
  }
}
