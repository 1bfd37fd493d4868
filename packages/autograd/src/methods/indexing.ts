import * as indexing from "../ops/indexing.ts";
import * as masking from "../ops/masking.ts";
import { nonzero } from "../ops/sorting.ts";
import type { Tensor } from "../tensor.ts";
import { ShapeMethods } from "./shape.ts";

/** Picking elements by index and by mask. */
export abstract class IndexingMethods extends ShapeMethods {
  gather(this: Tensor, axis: number, index: Tensor): Tensor {
    return indexing.gather(this, index, axis);
  }
  indexSelect(this: Tensor, axis: number, index: Tensor): Tensor {
    return indexing.indexSelect(this, index, axis);
  }
  scatterAdd(this: Tensor, axis: number, index: Tensor, source: Tensor): Tensor {
    return indexing.scatterAdd(this, index, source, axis);
  }
  maskedFill(this: Tensor, mask: Tensor, value: number): Tensor {
    return masking.maskedFill(this, mask, value);
  }
  tril(this: Tensor, diagonal = 0): Tensor {
    return masking.tril(this, diagonal);
  }
  triu(this: Tensor, diagonal = 0): Tensor {
    return masking.triu(this, diagonal);
  }
  nonzero(this: Tensor): Tensor {
    return nonzero(this);
  }
}
