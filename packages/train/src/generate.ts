import { type Device, nextTask, noGrad, random, scope, Tensor, type TypedArray, tensor } from "@lectern/autograd";
import type { KeyValueCache } from "@lectern/nn";
import seedrandom from "seedrandom";
import { deviceOf, type Model } from "./model.ts";
import { chooseToken, type SamplingOptions } from "./sampling.ts";
import type { Tokenizer } from "./tokenizers/tokenizer.ts";

/** A model of the next token: logits [batch, time, vocabulary] for at most `options.context` tokens. */
export interface LanguageModel extends Model {
  readonly options: { readonly context: number };
}

/** One that can go on where it stopped, as `GPT` does: each further token then costs as much as one position. */
export interface CachingLanguageModel extends LanguageModel {
  makeCache(batch: number): KeyValueCache;
  /** Logits for the new tokens alone, [batch, new, vocabulary]. */
  forwardCached(tokens: Tensor, cache: KeyValueCache): Tensor;
}

export interface GenerateTokensOptions extends SamplingOptions {
  /** How many tokens to add to each prompt, at most. */
  tokens: number;
  /** Continuations of each prompt, generated next to each other; 1 unless said otherwise. */
  samples?: number;
  /** A row ends before it would get this token. */
  stop?: number;
  /**
   * What the model sees of a text that has grown beyond its context. `half`: when the context is full, it is emptied to
   * its last half and filled again; a token costs little, and sees between half a context and a whole one before it.
   * `exact`: always the last whole context, which has to be computed anew for each token, since every position in it has
   * changed. `half` unless said otherwise; a model that makes no cache is `exact`.
   */
  window?: "half" | "exact";
  /** Makes the draws repeatable; otherwise they continue the global generator. */
  seed?: string | number;
  /** Called with every row's new token, as soon as it is there; -1 for a row that is complete, or not through its prompt. */
  onTokens?: (tokens: readonly number[]) => void;
}

export interface GenerateOptions extends Omit<GenerateTokensOptions, "onTokens" | "samples" | "stop"> {
  /** The text ends before this, which has to be one token. */
  stop?: string;
  /** Called with each new piece of text, as soon as it is there. */
  onToken?: (piece: string, token: number) => void;
}

export interface GenerateTextsOptions extends Omit<GenerateOptions, "onToken"> {
  /** Continuations of each prompt; 1 unless said otherwise. They stand next to each other in the result. */
  samples?: number;
  /** Called with each new piece of text and the index of the text that it belongs to. */
  onToken?: (piece: string, text: number) => void;
}

/** Continues a prompt: gives it with `tokens` tokens more. Errors: an empty prompt, options that make no sense. */
export async function generate(
  model: LanguageModel,
  tokenizer: Tokenizer,
  prompt: string,
  { onToken, ...options }: GenerateOptions,
): Promise<string> {
  const start = encodePrompt(tokenizer, prompt);
  const onTokens = onToken && (([token]: readonly number[]) => onToken(tokenizer.decode([token]), token));
  const [tokens] = await generateTokens(model, [start], { ...withStop(tokenizer, options), onTokens });
  return continuedText(tokenizer, prompt, start, tokens);
}

/** Continues several prompts together, or one several times: far more tokens a second than one after the other. */
export async function generateTexts(
  model: LanguageModel,
  tokenizer: Tokenizer,
  prompts: readonly string[],
  { onToken, ...options }: GenerateTextsOptions,
): Promise<string[]> {
  const starts = prompts.map((prompt) => encodePrompt(tokenizer, prompt));
  const tellEach = (tokens: readonly number[]) => {
    for (const [text, token] of tokens.entries()) if (token >= 0) onToken?.(tokenizer.decode([token]), text);
  };
  const rows = await generateTokens(model, starts, {
    ...withStop(tokenizer, options),
    onTokens: onToken && tellEach,
  });
  const { samples = 1 } = options;
  return rows.map((tokens, row) => {
    const at = Math.floor(row / samples);
    return continuedText(tokenizer, prompts[at], starts[at], tokens);
  });
}

function encodePrompt(tokenizer: Tokenizer, prompt: string): ArrayLike<number> {
  const tokens = tokenizer.encode(prompt);
  if (tokens.length === 0) throw new Error("generate: the prompt is empty: begin with one token at least");
  return tokens;
}

/** Errors: a stop that is several tokens, or none. */
function withStop<T extends { stop?: string }>(tokenizer: Tokenizer, options: T): Omit<T, "stop"> & { stop?: number } {
  if (options.stop === undefined) return { ...options, stop: undefined };
  const tokens = tokenizer.encode(options.stop);
  if (tokens.length !== 1) {
    throw new RangeError(
      `generate: stop is ${JSON.stringify(options.stop)}: ${tokens.length} tokens, it has to be one`,
    );
  }
  return { ...options, stop: tokens[0] };
}

/** The prompt as it was given, and what follows it. */
function continuedText(tokenizer: Tokenizer, prompt: string, start: ArrayLike<number>, tokens: number[]): string {
  const whole = tokenizer.decode([...Array.from(start), ...tokens.slice(start.length)]);
  return prompt + whole.slice(tokenizer.decode(Array.from(start)).length);
}

/**
 * Continues several prompts together, each `samples` times and by `tokens` tokens; gives prompts and continuations, all
 * of the first prompt first. Prompts need not be of one length: while a longer one is read, the shorter ones are
 * continued already. The model is in evaluation mode meanwhile. For each token one row of logits is read.
 */
export async function generateTokens(
  model: LanguageModel,
  prompts: readonly ArrayLike<number>[],
  options: GenerateTokensOptions,
): Promise<number[][]> {
  assertOptions(options);
  if (prompts.length === 0 || prompts.some(({ length }) => length === 0)) {
    throw new Error("generate: a prompt is empty: begin with one token at least");
  }
  const { samples = 1, window = "half", seed } = options;
  const draw = seed === undefined ? random : seedrandom(String(seed));
  const shown = Math.min(...prompts.map(({ length }) => length));
  const rows = prompts.flatMap((prompt) => Array.from({ length: samples }, () => new Row(prompt, shown, options)));
  const predictor = new Predictor(
    model,
    rows.map(({ tokens }) => tokens),
    window,
  );
  const { training } = model;
  model.eval();
  try {
    for (let pause = performance.now() + PAUSE; rows.some(({ isComplete }) => !isComplete); ) {
      const logits = await predictor.next();
      const added = rows.map((row, i) => row.grow(() => chooseToken(logits[i], options, draw)));
      if (added.some((token) => token >= 0)) options.onTokens?.(added);
      if (performance.now() > pause) {
        await nextTask();
        pause = performance.now() + PAUSE;
      }
    }
  } finally {
    model.train(training);
  }
  return rows.map((row) => row.tokens.slice(0, row.end));
}

/** Milliseconds after which Ctrl-C, timers and drawing get their turn. */
const PAUSE = 50;

/** A text that grows: first by what is left of its prompt, then by chosen tokens, until it is complete. */
class Row {
  readonly tokens: number[];
  /** Length of the complete text; rows that are complete grow on beside the others, which nobody sees. */
  end: number;
  readonly #prompt: ArrayLike<number>;
  readonly #stop: number | undefined;

  constructor(prompt: ArrayLike<number>, shown: number, { tokens, stop }: GenerateTokensOptions) {
    this.tokens = Array.from(prompt).slice(0, shown);
    this.end = prompt.length + tokens;
    this.#prompt = prompt;
    this.#stop = stop;
  }

  get isComplete(): boolean {
    return this.tokens.length >= this.end;
  }

  /** Gives the token that the text got, or -1 where it is complete or not through its prompt. */
  grow(choose: () => number): number {
    const at = this.tokens.length;
    if (at < this.#prompt.length || this.isComplete) {
      this.tokens.push(this.#prompt[at] ?? 0);
      return -1;
    }
    const token = choose();
    this.tokens.push(token);
    if (token !== this.#stop) return token;
    this.end = at;
    return -1;
  }
}

const canCache = (model: LanguageModel): model is CachingLanguageModel => "makeCache" in model;

/** Asks a model for the next token of rows that grow next to each other, with as little computed again as can be. */
class Predictor {
  readonly model: LanguageModel;
  /** All of one length. */
  readonly rows: readonly (readonly number[])[];
  readonly window: "half" | "exact";
  readonly #device: Device;
  readonly #context: number;
  /** What the model has seen, where it can go on from there. */
  #cache: { readonly model: CachingLanguageModel; readonly memory: KeyValueCache } | undefined;
  /** So many tokens of a row it has seen. */
  #seen = 0;

  constructor(model: LanguageModel, rows: readonly (readonly number[])[], window: "half" | "exact") {
    this.model = model;
    this.rows = rows;
    this.window = window;
    this.#device = deviceOf(model);
    this.#context = model.options.context;
    if (canCache(model)) this.#cache = { model, memory: model.makeCache(rows.length) };
  }

  /** The logits of each row's next token. */
  async next(): Promise<TypedArray[]> {
    const { hostMemory } = this.#device;
    // Read within the scope where that is possible: then nothing at all is left over from a token.
    const read = scope(() => {
      const logits = noGrad(() => this.#forward());
      const last = logits.select(1, logits.shape[1] - 1);
      return hostMemory ? last.dataSync() : last;
    });
    const values = read instanceof Tensor ? await read.data() : read;
    const vocabulary = values.length / this.rows.length;
    return this.rows.map((_, i) => values.subarray(i * vocabulary, (i + 1) * vocabulary));
  }

  #forward(): Tensor {
    const { length } = this.rows[0];
    const start = Math.max(0, length - this.#context);
    const cache = this.#cache;
    if (cache === undefined) return this.model.forward(this.#tokensFrom(start));
    const { model, memory } = cache;
    if (memory.length === 0) this.#seen = start;
    if (memory.length + length - this.#seen > this.#context) {
      if (this.window === "exact") {
        // From now on every token moves all positions, so that nothing can be kept.
        this.#cache = undefined;
        return this.#forward();
      }
      memory.clear();
      this.#seen = length - Math.max(1, Math.floor(this.#context / 2));
    }
    const inputs = this.#tokensFrom(this.#seen);
    this.#seen = length;
    return model.forwardCached(inputs, memory);
  }

  #tokensFrom(start: number): Tensor {
    const time = this.rows[0].length - start;
    const tokens = new Int32Array(this.rows.length * time);
    for (const [i, row] of this.rows.entries()) {
      for (let t = 0; t < time; t++) tokens[i * time + t] = row[start + t];
    }
    return tensor(tokens, { shape: [this.rows.length, time], device: this.#device });
  }
}

function assertOptions(options: GenerateTokensOptions): void {
  const { tokens, samples = 1, strategy = "sample", temperature = 1, topK, topP, window = "half" } = options;
  const fail = (option: string, value: unknown, rule: string) => {
    throw new RangeError(`generate: ${option} is ${value}, it ${rule}`);
  };
  if (!Number.isInteger(tokens) || tokens < 0) fail("tokens", tokens, "has to be a whole number from 0");
  if (!Number.isInteger(samples) || samples < 1) fail("samples", samples, "has to be a whole number from 1");
  if (strategy !== "greedy" && strategy !== "sample") fail("strategy", strategy, 'is "greedy" or "sample"');
  if (window !== "half" && window !== "exact") fail("window", window, 'is "half" or "exact"');
  if (!(temperature > 0)) fail("temperature", temperature, 'has to be above 0; for the likeliest token use "greedy"');
  if (topK !== undefined && (!Number.isInteger(topK) || topK < 1))
    fail("topK", topK, "has to be a whole number from 1");
  if (topP !== undefined && !(topP > 0 && topP <= 1)) fail("topP", topP, "lies above 0, up to 1");
}
