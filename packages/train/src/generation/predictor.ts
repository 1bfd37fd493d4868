import { type Device, noGrad, scope, Tensor, type TypedArray, tensor } from "@lectern/autograd";
import { evaluation } from "@lectern/nn";
import { deviceOf } from "../model.ts";
import { type CachingLanguageModel, canCache, type GenerationState, type LanguageModel } from "./state.ts";

/** What a text goes on with: the row that it has been so far, and the token behind it. */
export interface Growth {
  readonly from: number;
  readonly token: number;
}

/** Asks a model for the next token of rows that grow next to each other, with as little computed again as can be. */
export class Predictor {
  readonly #model: LanguageModel;
  readonly #window: "half" | "exact";
  readonly #device: Device;
  readonly #context: number;
  readonly #evaluating: <T>(stretch: () => T) => T;
  /** All of one length. */
  #rows: number[][];
  /** What the model has read, where it can go on from there. */
  #cache: { readonly model: CachingLanguageModel; readonly state: GenerationState } | undefined;
  /** So many tokens of a row it has seen. */
  #seen = 0;

  /** @param rows tokens, as many in each. */
  constructor(model: LanguageModel, rows: readonly (readonly number[])[], window: "half" | "exact") {
    this.#model = model;
    this.#window = window;
    this.#device = deviceOf(model);
    this.#context = contextOf(model);
    this.#evaluating = evaluation(model);
    this.#rows = rows.map((row) => [...row]);
    if (canCache(model)) this.#cache = { model, state: model.makeCache(rows.length) };
  }

  /** The logits of each row's next token. The model is in evaluation mode while it computes, and not while this waits. */
  async next(): Promise<TypedArray[]> {
    const { hostMemory } = this.#device;
    // Read within the scope where that is possible: then nothing at all is left over from a token.
    const read = scope(() => {
      const logits = this.#evaluating(() => noGrad(() => this.#forward()));
      const last = logits.select(1, logits.shape[1] - 1);
      return hostMemory ? last.dataSync() : last;
    });
    const values = read instanceof Tensor ? await read.data() : read;
    const vocabulary = values.length / this.#rows.length;
    return this.#rows.map((_, i) => values.subarray(i * vocabulary, (i + 1) * vocabulary));
  }

  /** Rows take their places anew, and each gets a token. */
  grow(growth: readonly Growth[]): void {
    const rows = this.#rows;
    if (growth.length === rows.length && growth.every(({ from }, i) => from === i)) {
      for (const [i, { token }] of growth.entries()) rows[i].push(token);
      return;
    }
    this.#rows = growth.map(({ from, token }) => [...rows[from], token]);
    if (this.#cache !== undefined && growth.length > 0) this.#cache.state.reorder(growth.map(({ from }) => from));
  }

  #forward(): Tensor {
    const { length } = this.#rows[0];
    const start = Math.max(0, length - this.#context);
    if (this.#cache === undefined) return this.#model.forward(this.#tokensFrom(start));
    const { model, state } = this.#cache;
    if (state.length === 0) this.#seen = start;
    if (state.length + length - this.#seen > this.#context) {
      state.clear();
      // With an exact window from now on each token moves all positions, so that nothing can be kept for the next one.
      const kept = this.#window === "exact" ? this.#context : Math.max(1, Math.floor(this.#context / 2));
      this.#seen = length - kept;
    }
    const inputs = this.#tokensFrom(this.#seen);
    this.#seen = length;
    return model.forwardCached(inputs, state, { last: true });
  }

  #tokensFrom(start: number): Tensor {
    const rows = this.#rows;
    const time = rows[0].length - start;
    const tokens = new Int32Array(rows.length * time);
    for (const [i, row] of rows.entries()) {
      for (let t = 0; t < time; t++) tokens[i * time + t] = row[start + t];
    }
    return tensor(tokens, { shape: [rows.length, time], device: this.#device });
  }
}

/** The most tokens a model sees at once. */
export function contextOf({ options }: LanguageModel): number {
  return options?.context ?? Number.POSITIVE_INFINITY;
}
