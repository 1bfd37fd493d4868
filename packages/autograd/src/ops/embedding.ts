import { assertTensor } from "../check.ts";
import { defineOp, type Gradient, type OpContext } from "../op.ts";
import { formatShape, type Shape } from "../shape.ts";
import type { Tensor } from "../tensor.ts";
import { assertIndex, selectedGradient } from "./indexing.ts";
import { lanesAt } from "./reductions.ts";

/** Errors: a token that is no row. Where memory is not on the host, the device's kernel finds it when values are read. */
function assertTokens(tokens: Tensor, vocabulary: number): void {
  if (!tokens.device.hostMemory) return;
  for (const token of tokens.dataSync()) {
    if (token >= 0 && token < vocabulary) continue;
    throw new RangeError(`embedding: token ${token} is outside the vocabulary 0 … ${vocabulary - 1}`);
  }
}

/** One call for whole batches of tokens. */
const lookUp = defineOp("embedding", {
  forward(ctx, weight: Tensor, tokens: Tensor): Tensor {
    const index = ctx.dense(tokens);
    ctx.save(index);
    const width = weight.shape[1];
    const out = ctx.allocate([...tokens.shape, width], weight.dtype);
    const [rows, flat] = [ctx.view(out, [tokens.size, width], [width, 1]), ctx.view(index, [tokens.size], [1])];
    ctx.device.indexSelect(rows, ctx.dense(weight), flat, lanesAt(weight.shape, 0));
    return out;
  },
  backward(ctx, dy) {
    const tokens = ctx.saved[0];
    const rows = dy.reshape(tokens.size, ctx.shapes[0][1]);
    return [selectedGradient(ctx, rows, tokens.reshape(tokens.size), 0)];
  },
});

/**
 * Rows of a table by token. weight: [vocabulary, width], tokens: int32 [batch, time] -> [batch, time, width].
 * Errors: a token outside the vocabulary.
 */
export function embedding(weight: Tensor, tokens: Tensor): Tensor {
  assertTensor("embedding", weight, "the table");
  if (weight.rank !== 2)
    throw new RangeError(`embedding: the table is [vocabulary, width], got ${formatShape(weight.shape)}`);
  assertIndex("embedding", tokens);
  assertTokens(tokens, weight.shape[0]);
  return lookUp(weight, tokens);
}

// --- with positions -------------------------------------------------------------------------------

/** The definition: look up, then add. */
function composite(weight: Tensor, positions: Tensor, tokens: Tensor, start: number): Tensor {
  return embedding(weight, tokens).add(positions.slice(0, start, start + tokens.shape[1]));
}

/** Rows of a table of positions. */
function rowsFrom(ctx: OpContext, table: Tensor, start: number, time: number): Tensor {
  const width = table.shape[1];
  return ctx.view(table, [time, width], [width, 1], table.offset + start * width);
}

function zeros(ctx: OpContext, shape: Shape): Tensor {
  const x = ctx.allocate(shape);
  ctx.device.fill(x, 0);
  return x;
}

/** In one pass, where the device has a kernel for both at once. */
const lookUpWithPositions = defineOp("embeddingWithPositions", {
  kernels: ["embed", "embedGrad"],
  forward(ctx, weight: Tensor, positions: Tensor, tokens: Tensor, start: number): Tensor {
    const index = ctx.dense(tokens);
    ctx.save(index);
    const out = ctx.allocate([...tokens.shape, weight.shape[1]]);
    const rows = rowsFrom(ctx, ctx.dense(positions), start, tokens.shape[1]);
    ctx.device.embed!(out, ctx.dense(weight), rows, index);
    return out;
  },
  backward(ctx, dy, start): Gradient[] {
    const [tokens] = ctx.saved;
    const dweight = ctx.needs[0] ? zeros(ctx, ctx.shapes[0]) : undefined;
    const dpositions = ctx.needs[1] ? zeros(ctx, ctx.shapes[1]) : undefined;
    const rows = dpositions && rowsFrom(ctx, dpositions, start, tokens.shape[1]);
    ctx.device.embedGrad!(dweight, rows, ctx.dense(dy), tokens);
    return [dweight, dpositions, undefined];
  },
  composite,
});

function assertTables(weight: Tensor, positions: Tensor, tokens: Tensor, start: number): void {
  const op = "embeddingWithPositions";
  assertIndex(op, tokens);
  const fail = (rule: string) => {
    const [w, p, t] = [weight, positions, tokens].map(({ shape }) => formatShape(shape));
    throw new RangeError(`${op}: ${rule}: weight ${w}, positions ${p}, tokens ${t}`);
  };
  if (tokens.rank !== 2) fail("the tokens have to be [batch, time]");
  if (weight.rank !== 2 || positions.rank !== 2 || weight.shape[1] !== positions.shape[1]) {
    fail("the tables have to be [vocabulary, width] and [context, width]");
  }
  const time = tokens.shape[1];
  if (start < 0 || start + time > positions.shape[0]) {
    fail(`${time} positions from ${start} on do not fit the context`);
  }
}

/**
 * What a transformer's first block sees: rows of one table by token, and of another by position.
 * weight: [vocabulary, width], positions: [context, width], tokens: int32 [batch, time] -> [batch, time, width]; the first
 * token stands at position `start`. Errors: a token outside the vocabulary, more positions than the context has.
 */
export function embeddingWithPositions(weight: Tensor, positions: Tensor, tokens: Tensor, start = 0): Tensor {
  assertTables(weight, positions, tokens, start);
  return lookUpWithPositions(weight, positions, tokens, start);
}
