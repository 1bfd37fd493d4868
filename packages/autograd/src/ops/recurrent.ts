import { zeros } from "../creation.ts";
import { defineOp, type Gradient, type OpContext } from "../op.ts";
import { formatShape, rowMajorStrides } from "../shape.ts";
import type { Tensor } from "../tensor.ts";
import { stack } from "./views.ts";

/** A layer's outputs [batch, time, width], and what it remembers at the end, [batch, width] each. */
type Sequence = readonly [outputs: Tensor, hidden: Tensor, cell: Tensor];

/** One step after the other. */
function composite(seen: Tensor, weight: Tensor, hidden: Tensor, cell: Tensor, reverse: boolean): Sequence {
  const time = seen.shape[1];
  const outputs = new Array<Tensor>(time);
  for (let i = 0; i < time; i++) {
    const t = reverse ? time - 1 - i : i;
    const gates = seen.select(1, t).add(hidden.matmul(weight.T));
    const [input, forget, candidate, output] = gates.split(weight.shape[1], 1);
    cell = forget.sigmoid().mul(cell).add(input.sigmoid().mul(candidate.tanh()));
    hidden = output.sigmoid().mul(cell.tanh());
    outputs[t] = hidden;
  }
  return [stack(outputs, 1), hidden, cell];
}

/** Time first, so that what belongs to a step lies together. */
const timeFirst = (ctx: OpContext, x: Tensor): Tensor => {
  const [batch, time, width] = x.shape;
  const out = ctx.allocate([time, batch, width]);
  ctx.device.copy(out, ctx.view(x, out.shape, [x.strides[1], x.strides[0], x.strides[2]]));
  return out;
};

/** [time, batch, width] the other way round. */
const batchFirst = (ctx: OpContext, x: Tensor): Tensor => {
  const [time, batch, width] = x.shape;
  const out = ctx.allocate([batch, time, width]);
  ctx.device.copy(out, ctx.view(x, out.shape, [width, batch * width, 1]));
  return out;
};

/** Step t of what has time first. */
const at = (ctx: OpContext, x: Tensor, t: number): Tensor => {
  const [, batch, width] = x.shape;
  return ctx.view(x, [batch, width], [width, 1], x.offset + t * batch * width);
};

const copied = (ctx: OpContext, x: Tensor): Tensor => {
  const out = ctx.allocate(x.shape);
  ctx.device.copy(out, x);
  return out;
};

/**
 * States are kept with time first, one more of them than there are steps: state i is what step i, counted in the order in
 * which they are taken, begins with.
 */
const lstmOp = defineOp("lstm", {
  kernels: ["lstmGates", "lstmGatesGrad"],
  forward(ctx, seen: Tensor, weight: Tensor, hidden: Tensor, cell: Tensor, reverse: boolean): Sequence {
    const [batch, time] = seen.shape;
    const width = weight.shape[1];
    const gates = timeFirst(ctx, seen);
    const [hiddens, cells] = [hidden, cell].map((start) => {
      const states = ctx.allocate([time + 1, batch, width]);
      ctx.device.copy(at(ctx, states, 0), start);
      return states;
    });
    const recurrent = ctx.dense(weight);
    const turned = ctx.view(recurrent, [width, 4 * width], [1, width]);
    for (let i = 0; i < time; i++) {
      const now = at(ctx, gates, reverse ? time - 1 - i : i);
      ctx.device.matmul(now, at(ctx, hiddens, i), turned, true);
      ctx.device.lstmGates!(at(ctx, hiddens, i + 1), at(ctx, cells, i + 1), now, at(ctx, cells, i));
    }
    ctx.save(gates, hiddens, cells, recurrent);
    return [outputsOf(ctx, hiddens, reverse), copied(ctx, at(ctx, hiddens, time)), copied(ctx, at(ctx, cells, time))];
  },
  backward(ctx, [doutputs, dhidden, dcell], reverse): Gradient[] {
    const [gates, hiddens, cells, weight] = ctx.saved;
    const [time, batch, quadruple] = gates.shape;
    const width = quadruple / 4;
    const dgates = ctx.allocate(gates.shape);
    // What each step's output gets from outside; what it gets from the step after it is added.
    const dhiddens = doutputs === undefined ? filled(ctx, [time, batch, width]) : timeFirst(ctx, doutputs);
    const dc = dcell === undefined ? filled(ctx, [batch, width]) : copied(ctx, dcell);
    const first = ctx.allocate([batch, width]);
    const stepAt = (i: number) => (reverse ? time - 1 - i : i);
    const last = at(ctx, dhiddens, stepAt(time - 1));
    if (dhidden !== undefined) ctx.device.binary("add", last, last, dhidden);
    for (let i = time - 1; i >= 0; i--) {
      const t = stepAt(i);
      const now = at(ctx, dgates, t);
      const kept = [at(ctx, gates, t), at(ctx, cells, i + 1), at(ctx, cells, i)] as const;
      ctx.device.lstmGatesGrad!(now, dc, at(ctx, dhiddens, t), ...kept);
      if (i > 0) ctx.device.matmul(at(ctx, dhiddens, stepAt(i - 1)), now, weight, true);
      else ctx.device.matmul(first, now, weight, false);
    }
    const dweight = ctx.needs[1] ? weightGradient(ctx, dgates, hiddens, reverse) : undefined;
    return [batchFirst(ctx, dgates), dweight, first, dc];
  },
  suits: (seen) => seen.size > 0,
  composite,
});

function filled(ctx: OpContext, shape: readonly number[]): Tensor {
  const out = ctx.allocate(shape);
  ctx.device.fill(out, 0);
  return out;
}

/** The states after each step, in the order of time. */
function outputsOf(ctx: OpContext, hiddens: Tensor, reverse: boolean): Tensor {
  const [states, batch, width] = hiddens.shape;
  const after = ctx.view(hiddens, [states - 1, batch, width], hiddens.strides, batch * width);
  return batchFirst(ctx, reverse ? inReverse(ctx, after) : after);
}

function inReverse(ctx: OpContext, x: Tensor): Tensor {
  const time = x.shape[0];
  const out = ctx.allocate(x.shape);
  for (let t = 0; t < time; t++) ctx.device.copy(at(ctx, out, t), at(ctx, x, time - 1 - t));
  return out;
}

/** All steps' shares in one product. */
function weightGradient(ctx: OpContext, dgates: Tensor, hiddens: Tensor, reverse: boolean): Tensor {
  const [time, batch, quadruple] = dgates.shape;
  const width = quadruple / 4;
  const before = ctx.view(hiddens, [time, batch, width], hiddens.strides);
  const rows = time * batch;
  const inOrder = reverse ? inReverse(ctx, before) : before;
  const out = ctx.allocate([quadruple, width]);
  const states = ctx.view(inOrder, [rows, width], rowMajorStrides([rows, width]));
  ctx.device.matmul(out, ctx.view(dgates, [quadruple, rows], [1, quadruple]), states, false);
  return out;
}

/** Where an LSTM begins, and from which end it reads. */
export interface LSTMOptions {
  /** What is remembered at first, [batch, width] each; zeros unless given. */
  hidden?: Tensor;
  cell?: Tensor;
  /** Whether the last step is read first. */
  reverse?: boolean;
}

/**
 * Long short-term memory (Hochreiter and Schmidhuber, 1997) over a sequence. seen: what the inputs come to at each step, bias
 * included, [batch, time, 4 width] for the gates input, forget, candidate and output; weight: [4 width, width], from the
 * state before. Gives the outputs [batch, time, width], and state and cell at the end. Errors: sizes that do not fit.
 */
export function lstm(seen: Tensor, weight: Tensor, options: LSTMOptions = {}): Sequence {
  const width = weight.shape[1];
  const start = [seen.shape[0], width];
  const nothing = () => zeros(start, { device: seen.device, dtype: seen.dtype });
  const { hidden = nothing(), cell = nothing(), reverse = false } = options;
  const fits = seen.rank === 3 && weight.rank === 2 && weight.shape[0] === 4 * width && seen.shape[2] === 4 * width;
  const startsFit = [hidden, cell].every(({ shape }) => formatShape(shape) === formatShape(start));
  if (!fits || !startsFit || seen.shape[1] === 0) {
    const shapes = [seen, weight, hidden, cell].map(({ shape }) => formatShape(shape));
    throw new RangeError(
      `lstm: needs [batch, time, 4 width], [4 width, width] and states of [batch, width], and at least one step: got ${shapes.join(", ")}`,
    );
  }
  return lstmOp(seen, weight, hidden, cell, reverse);
}
