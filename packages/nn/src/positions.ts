import { FLOAT, formatShape, type Shape, type Tensor, tensor } from "@lectern/autograd";
import { assertSequence, assertSizes, assertWidth } from "./check.ts";
import type { Embedding } from "./embedding.ts";
import { normal_ } from "./init.ts";
import { Module } from "./module.ts";
import { parameter } from "./parameter.ts";
import { space } from "./space.ts";

/**
 * Attention itself does not know order: these two tell it where a token stands. Both add to x a row for each position;
 * `embed` does it while it looks x up, in one pass over memory.
 */

/** Errors: there are not as many positions as a shape, [batch, time, …], has from `start` on. */
function assertRoom(owner: string, table: Tensor, shape: Shape, start: number): void {
  const [context, time] = [table.shape[0], shape[1]];
  if (start + time > context) {
    const from = start > 0 ? ` from position ${start} on` : "";
    throw new RangeError(`${owner}: ${formatShape(shape)} has ${time} positions${from}, there are rows for ${context}`);
  }
}

/** The rows for as many positions as x has, from `start` on. Errors: there are not so many. */
function rowsFor(owner: string, table: Tensor, x: Tensor, start: number): Tensor {
  assertSequence(owner, x);
  assertWidth(owner, x, table.shape[1]);
  assertRoom(owner, table, x.shape, start);
  return table.slice(0, start, start + x.shape[1]);
}

/** A learned vector for each position. x: [batch, time, width] -> the same. Starts normal with variance 1. */
export class PositionalEmbedding extends Module {
  /** [context, width] */
  weight: Tensor;

  constructor(context: number, width: number) {
    super();
    assertSizes("PositionalEmbedding", { context, width });
    this.weight = parameter(normal_(space([context, width])));
  }

  /** @param start position of x's first vector. */
  forward(x: Tensor, start = 0): Tensor {
    return x.add(rowsFor("PositionalEmbedding", this.weight, x, start));
  }

  /** `forward` of the tokens' vectors. tokens: int32 [batch, time] -> [batch, time, width]. */
  embed(tokens: Tensor, vectors: Embedding, start = 0): Tensor {
    assertRoom("PositionalEmbedding", this.weight, tokens.shape, start);
    const isPlain = this.forward === PositionalEmbedding.prototype.forward;
    return isPlain
      ? vectors.forwardWithPositions(tokens, this.weight, start)
      : this.forward(vectors.forward(tokens), start);
  }
}

/**
 * A fixed wave for each pair of elements, from short ones to long (Vaswani et al., 2017):
 * `row[t][2i] = sin(t / 10000^(2i / width))`, `row[t][2i + 1] = cos(…)`. x: [batch, time, width] -> the same.
 */
export class SinusoidalEncoding extends Module {
  /** [context, width]; a formula gives it, so it is not saved. */
  readonly table: Tensor;

  constructor(context: number, width: number) {
    super();
    assertSizes("SinusoidalEncoding", { context, width });
    const values = Float64Array.from({ length: context * width }, (_, at) => {
      const [position, i] = [Math.floor(at / width), at % width];
      const angle = position / 10_000 ** ((i - (i % 2)) / width);
      return i % 2 === 0 ? Math.sin(angle) : Math.cos(angle);
    });
    const table = tensor(values, { shape: [context, width], dtype: FLOAT });
    this.table = this.registerBuffer("table", table, { persistent: false });
  }

  /** @param start position of x's first vector. */
  forward(x: Tensor, start = 0): Tensor {
    return x.add(rowsFor("SinusoidalEncoding", this.table, x, start));
  }

  /** `forward` of the tokens' vectors. tokens: int32 [batch, time] -> [batch, time, width]. */
  embed(tokens: Tensor, vectors: Embedding, start = 0): Tensor {
    assertRoom("SinusoidalEncoding", this.table, tokens.shape, start);
    const isPlain = this.forward === SinusoidalEncoding.prototype.forward;
    return isPlain
      ? vectors.forwardWithPositions(tokens, this.table, start)
      : this.forward(vectors.forward(tokens), start);
  }
}
