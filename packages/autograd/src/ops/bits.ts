import { full } from "../creation.ts";
import { INTEGER } from "../dtypes.ts";
import { scope } from "../lifetimes.ts";
import { formatShape } from "../shape.ts";
import { Tensor } from "../tensor.ts";
import { floorQuotient } from "./rounding.ts";

/** The bits of int32, in two's complement, worked out by arithmetic so that every device has them. */

/** Errors: what is no int32. */
function operand(op: string, x: Tensor, other: Tensor | number = x): Tensor {
  const b = other instanceof Tensor ? other : full([], other, { dtype: INTEGER, device: x.device });
  for (const { dtype, shape } of [x, b]) {
    if (dtype === INTEGER) continue;
    throw new TypeError(`${op}: works on int32, this tensor is ${dtype} ${formatShape(shape)}: use .int()`);
  }
  return b;
}

/** The bits that both have, from the lowest on. */
export function bitwiseAnd(x: Tensor, other: Tensor | number): Tensor {
  let [a, b] = [x, operand("bitwiseAnd", x, other)];
  return scope(() => {
    const two = full([], 2, { dtype: INTEGER, device: x.device });
    let both = a.mul(b).mul(0);
    for (let bit = 0; bit < 31; bit++) {
      const [above, aboveB] = [floorQuotient(a, two), floorQuotient(b, two)];
      const shared = a.sub(above.mul(2)).mul(b.sub(aboveB.mul(2)));
      both = both.add(shared.mul(2 ** bit));
      [a, b] = [above, aboveB];
    }
    // What is left is the sign: 0 or -1.
    return both.sub(
      a
        .mul(b)
        .mul(2 ** 30)
        .mul(2),
    );
  });
}

/** The bits that one of them has. */
export function bitwiseOr(x: Tensor, other: Tensor | number): Tensor {
  const b = operand("bitwiseOr", x, other);
  return x.add(b).sub(bitwiseAnd(x, b));
}

/** The bits that one of them has alone. */
export function bitwiseXor(x: Tensor, other: Tensor | number): Tensor {
  const b = operand("bitwiseXor", x, other);
  return x.add(b).sub(bitwiseAnd(x, b).mul(2));
}

/** Every bit the other way round: `-x - 1`. */
export function bitwiseNot(x: Tensor): Tensor {
  operand("bitwiseNot", x);
  return x.mul(-1).sub(1);
}

/** Errors: no whole number from 0 to 31. */
function assertShift(op: string, count: number): void {
  if (Number.isInteger(count) && count >= 0 && count < 32) return;
  throw new RangeError(`${op}: a shift by ${count} bits, it has to be a whole number from 0 to 31`);
}

/** x with its bits moved up by so many places: `x 2^count`, without what is pushed out. */
export function bitwiseLeftShift(x: Tensor, count: number): Tensor {
  operand("bitwiseLeftShift", x);
  assertShift("bitwiseLeftShift", count);
  const half = count >> 1;
  return x.mul(2 ** half).mul(2 ** (count - half));
}

/** x with its bits moved down by so many places, the sign staying: `floor(x / 2^count)`. */
export function bitwiseRightShift(x: Tensor, count: number): Tensor {
  operand("bitwiseRightShift", x);
  assertShift("bitwiseRightShift", count);
  const by = (n: number) => full([], 2 ** n, { dtype: INTEGER, device: x.device });
  const half = count >> 1;
  return floorQuotient(floorQuotient(x, by(half)), by(count - half));
}
