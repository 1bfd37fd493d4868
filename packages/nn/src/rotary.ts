import { concat, FLOAT, formatShape, type Tensor, tensor } from "@lectern/autograd";
import { assertSizes } from "./check.ts";
import { Module } from "./module.ts";
import { buffer } from "./parameter.ts";

/**
 * Rotary positions (Su et al., 2021): each pair of a query's or a key's elements is turned by an angle that grows with its
 * position, fast for the first pair and slowly for the last. The product of a query and a key then depends on how far
 * they are apart, and on nothing else of where they stand. Pairs are elements i and i + size / 2, as in Llama.
 * x: [..., time, size] -> the same. Errors: an odd size, positions beyond the context.
 */
export class RotaryPositions extends Module {
  /** [context, size]: the angles' cosines, then their sines. A formula gives it, so it is not saved. */
  readonly table: Tensor;

  constructor(context: number, size: number, base = 10_000) {
    super();
    assertSizes("RotaryPositions", { context, size });
    if (size % 2 !== 0) throw new RangeError(`RotaryPositions: the size is ${size}, elements are turned in pairs`);
    const half = size / 2;
    const values = Float64Array.from({ length: context * size }, (_, at) => {
      const [position, i] = [Math.floor(at / size), at % size];
      const angle = position / base ** ((i % half) / half);
      return i < half ? Math.cos(angle) : Math.sin(angle);
    });
    this.table = buffer(tensor(values, { shape: [context, size], dtype: FLOAT }), { persistent: false });
  }

  /** @param start position of x's first vector. */
  forward(x: Tensor, start = 0): Tensor {
    const [time, size] = x.shape.slice(-2);
    const [context, wanted] = this.table.shape;
    if (size !== wanted || start + time > context) {
      throw new RangeError(
        `RotaryPositions: ${formatShape(x.shape)} from position ${start} on is no [..., time, ${wanted}] within ${context} positions`,
      );
    }
    const [cos, sin] = this.table.slice(0, start, start + time).split(size / 2, -1);
    const [a, b] = x.split(size / 2, -1);
    return concat([a.mul(cos).sub(b.mul(sin)), b.mul(cos).add(a.mul(sin))], -1);
  }
}
