import type { Strided } from "../../device.ts";
import { binary, unary } from "./elementwise.ts";
import { biasGeluInPlace } from "./fused.ts";
import { matmul } from "./matmul.ts";
import { isThin, thinProduct } from "./thin.ts";

/** A matrix or a row of numbers, seen another way. */
const seenAs = ({ storage, offset }: Strided, shape: number[], strides: number[]): Strided => ({
  ...{ storage, offset, shape, strides },
});

/** A fully connected layer in one kernel where it has few rows, else in as few as there are. */
export function linear(out: Strided, x: Strided, weight: Strided, bias: Strided | undefined, gelu: boolean): void {
  if (isThin(x, weight)) {
    thinProduct(out, x, weight, bias, gelu);
    return;
  }
  const [n, k] = weight.shape;
  matmul(out, x, seenAs(weight, [k, n], [weight.strides[1], weight.strides[0]]), false);
  if (bias === undefined) {
    if (gelu) unary("gelu", out, out, 0, 0);
  } else if (gelu) biasGeluInPlace(out, bias);
  else binary("add", out, out, seenAs(bias, [...out.shape], [0, 1]));
}
