import { concat, dropout, formatShape, linear, lstm, stack, type Tensor, zeros } from "@lectern/autograd";
import { assertSequence, assertSizes, assertWidth } from "./check.ts";
import { uniform_ } from "./init.ts";
import { Module } from "./module.ts";
import { parameter } from "./parameter.ts";
import { space } from "./space.ts";

/** How recurrent layers stand on top of each other and next to each other. */
export interface RecurrentOptions {
  /** Layers on top of each other; 1 unless said otherwise. */
  layers?: number;
  /** Whether a second one reads from the end, and both are put next to each other; false unless said otherwise. */
  bidirectional?: boolean;
  /** Whether something learned is added; true unless said otherwise. */
  bias?: boolean;
  /** Probability with which what a layer gives the next is dropped in training; 0 unless said otherwise. */
  dropout?: number;
}

/** What one layer in one direction has learned. */
interface Weights {
  /** [gates width, inputs] and [gates width, width], each with its bias. */
  readonly input: Tensor;
  readonly state: Tensor;
  readonly inputBias: Tensor | undefined;
  readonly stateBias: Tensor | undefined;
}

/**
 * What recurrent layers share: step after step each reads an input and what it remembered, and changes that. Parameters
 * have PyTorch's names, `weight_ih_l0`, `weight_hh_l0`, `bias_ih_l0`, `bias_hh_l0_reverse`, …, and start uniform within
 * `1 / sqrt(width)`. What is remembered is a list of tensors [batch, width], the first of which is the output.
 */
abstract class Recurrent extends Module {
  readonly inputs: number;
  readonly width: number;
  readonly layers: number;
  readonly bidirectional: boolean;
  readonly dropout: number;

  protected constructor(inputs: number, width: number, gates: number, options: RecurrentOptions) {
    super();
    const { layers = 1, bidirectional = false, bias = true, dropout: p = 0 } = options;
    assertSizes(this.constructor.name, { inputs, width, layers });
    this.inputs = inputs;
    this.width = width;
    this.layers = layers;
    this.bidirectional = bidirectional;
    this.dropout = p;
    const bound = 1 / Math.sqrt(width);
    const learnt = (...shape: number[]) => parameter(uniform_(space(shape), -bound, bound));
    for (const [layer, suffix] of this.#passes()) {
      const wide = layer === 0 ? inputs : width * this.#directions;
      const fields = {
        [`weight_ih_${suffix}`]: learnt(gates * width, wide),
        [`weight_hh_${suffix}`]: learnt(gates * width, width),
        ...(bias && { [`bias_ih_${suffix}`]: learnt(gates * width), [`bias_hh_${suffix}`]: learnt(gates * width) }),
      };
      Object.assign(this, fields);
    }
  }

  get #directions(): number {
    return this.bidirectional ? 2 : 1;
  }

  /** Every layer in every direction, as PyTorch orders them: its number, the end of its parameters' names, whether it is backwards. */
  *#passes(): Iterable<[layer: number, suffix: string, reverse: boolean]> {
    for (let layer = 0; layer < this.layers; layer++) {
      yield [layer, `l${layer}`, false];
      if (this.bidirectional) yield [layer, `l${layer}_reverse`, true];
    }
  }

  #weights(suffix: string): Weights {
    const fields = this as unknown as Record<string, Tensor>;
    const [input, state] = [fields[`weight_ih_${suffix}`], fields[`weight_hh_${suffix}`]];
    return { input, state, inputBias: fields[`bias_ih_${suffix}`], stateBias: fields[`bias_hh_${suffix}`] };
  }

  /** One layer in one direction. x: [batch, time, wide] -> [batch, time, width], and what is remembered at the end. */
  protected abstract layer(x: Tensor, weights: Weights, start: readonly Tensor[], reverse: boolean): Pass;

  /** All layers. states: what is remembered at first, [layers directions, batch, width] each -> the same at the end. */
  protected runAll(x: Tensor, states: readonly (Tensor | undefined)[]): { output: Tensor; states: Tensor[] } {
    const name = this.constructor.name;
    assertSequence(name, x);
    assertWidth(name, x, this.inputs);
    if (x.shape[1] === 0) throw new RangeError(`${name}: the input is ${formatShape(x.shape)}, it has no step`);
    const shape = [this.layers * this.#directions, x.shape[0], this.width];
    for (const state of states) {
      if (state === undefined || formatShape(state.shape) === formatShape(shape)) continue;
      throw new RangeError(`${name}: the state is ${formatShape(state.shape)}, it has to be ${formatShape(shape)}`);
    }
    const started = states.map((state) => state ?? zeros(shape, { device: x.device }));
    const ends: (readonly Tensor[])[] = [];
    let [input, parts]: [Tensor, Tensor[]] = [x, []];
    for (const [layer, suffix, reverse] of this.#passes()) {
      const start = started.map((state) => state.select(0, ends.length));
      const [output, end] = this.layer(input, this.#weights(suffix), start, reverse);
      ends.push(end);
      parts.push(output);
      if (parts.length < this.#directions) continue;
      input = parts.length === 1 ? parts[0] : concat(parts, -1);
      parts = [];
      if (this.training && this.dropout > 0 && layer < this.layers - 1) input = dropout(input, this.dropout);
    }
    return { output: input, states: states.map((_, i) => stack(ends.map((end) => end[i]))) };
  }
}

type Pass = readonly [outputs: Tensor, remembered: readonly Tensor[]];

/** A step of a cell. x, h: what input and state come to, [batch, gates width]; before: the state -> what is remembered from now on. */
type Step = (x: Tensor, h: Tensor, before: Tensor) => Tensor;

/** A layer that remembers nothing but its outputs. */
function stepByStep(x: Tensor, weights: Weights, start: readonly Tensor[], reverse: boolean, step: Step): Pass {
  // What the inputs come to does not depend on the steps before: one product for all of them.
  const seen = linear(x, weights.input, weights.inputBias);
  const time = x.shape[1];
  const outputs = new Array<Tensor>(time);
  let [state] = start;
  for (let i = 0; i < time; i++) {
    const t = reverse ? time - 1 - i : i;
    state = step(seen.select(1, t), linear(state, weights.state, weights.stateBias), state);
    outputs[t] = state;
  }
  return [stack(outputs, 1), [state]];
}

/** What a recurrent layer gives. */
export interface RecurrentOutput {
  /** [batch, time, width], or twice the width in both directions: the last layer's state after every step. */
  readonly output: Tensor;
  /** [layers directions, batch, width]: every layer's state after its last step. */
  readonly hidden: Tensor;
}

/** A recurrent network's layers, and what bends their values. */
export interface RNNOptions extends RecurrentOptions {
  /** `tanh` unless said otherwise. */
  nonlinearity?: "tanh" | "relu";
}

/** A recurrent network at its simplest (Elman, 1990): `h = tanh(W x + b + V h + c)`. x: [batch, time, inputs]. */
export class RNN extends Recurrent {
  readonly nonlinearity: "tanh" | "relu";

  constructor(inputs: number, width: number, options: RNNOptions = {}) {
    super(inputs, width, 1, options);
    this.nonlinearity = options.nonlinearity ?? "tanh";
  }

  protected layer(x: Tensor, weights: Weights, start: readonly Tensor[], reverse: boolean): Pass {
    const bend = (sum: Tensor) => (this.nonlinearity === "relu" ? sum.relu() : sum.tanh());
    return stepByStep(x, weights, start, reverse, (input, state) => bend(input.add(state)));
  }

  /** @param hidden the states at first; zeros unless given. */
  forward(x: Tensor, hidden?: Tensor): RecurrentOutput {
    const { output, states } = this.runAll(x, [hidden]);
    return { output, hidden: states[0] };
  }
}

/** Gated recurrent units (Cho et al., 2014): one gate resets what is remembered, another chooses between old and new. */
export class GRU extends Recurrent {
  constructor(inputs: number, width: number, options: RecurrentOptions = {}) {
    super(inputs, width, 3, options);
  }

  protected layer(x: Tensor, weights: Weights, start: readonly Tensor[], reverse: boolean): Pass {
    return stepByStep(x, weights, start, reverse, (input, state, before) => {
      const [[xReset, xUpdate, xNew], [hReset, hUpdate, hNew]] = [input, state].map((y) => y.split(this.width, 1));
      const reset = xReset.add(hReset).sigmoid();
      const update = xUpdate.add(hUpdate).sigmoid();
      const fresh = xNew.add(reset.mul(hNew)).tanh();
      // (1 - update) fresh + update before
      return fresh.add(update.mul(before.sub(fresh)));
    });
  }

  /** @param hidden the states at first; zeros unless given. */
  forward(x: Tensor, hidden?: Tensor): RecurrentOutput {
    const { output, states } = this.runAll(x, [hidden]);
    return { output, hidden: states[0] };
  }
}

/** What an LSTM remembers: [layers directions, batch, width] each. */
export interface LSTMState {
  readonly hidden: Tensor;
  readonly cell: Tensor;
}

/**
 * Long short-term memory (Hochreiter and Schmidhuber, 1997; with a forget gate, Gers et al., 2000): beside its output it keeps
 * a cell, to which gates let pass what is to be remembered, and from which what is to be said.
 */
export class LSTM extends Recurrent {
  constructor(inputs: number, width: number, options: RecurrentOptions = {}) {
    super(inputs, width, 4, options);
  }

  protected layer(x: Tensor, weights: Weights, [hidden, cell]: readonly Tensor[], reverse: boolean): Pass {
    const { input, state, inputBias, stateBias } = weights;
    const seen = linear(x, input, inputBias?.add(stateBias!));
    const [outputs, ...remembered] = lstm(seen, state, { hidden, cell, reverse });
    return [outputs, remembered];
  }

  /** @param state hidden states and cells at first; zeros unless given. */
  forward(x: Tensor, state?: LSTMState): RecurrentOutput & LSTMState {
    const { output, states } = this.runAll(x, [state?.hidden, state?.cell]);
    return { output, hidden: states[0], cell: states[1] };
  }
}
