import { nextTask, random } from "@lectern/autograd";
import seedrandom from "seedrandom";
import { type ExplainedBeams, type ExplainedChoice, explainer } from "./explain.ts";
import type { SamplingOptions } from "./filters.ts";
import { contextOf, type Growth, Predictor } from "./predictor.ts";
import type { LanguageModel } from "./state.ts";
import { strategyNamed } from "./strategies.ts";
import type { BeamOptions, Continuation, Search, SearchOptions } from "./strategy.ts";

/** How many tokens are generated, and how each is chosen. */
export interface GenerateTokensOptions extends SamplingOptions, BeamOptions {
  /** How many tokens to add to each prompt, at most. */
  tokens: number;
  /**
   * How tokens are chosen: "greedy" takes the likeliest, "sample" draws one, "beam" looks for the likeliest text.
   * "sample" unless said otherwise.
   */
  strategy?: string;
  /** Continuations of each prompt; with beam search the best of as many beams. 1 unless said otherwise. */
  samples?: number;
  /** A row ends before it would get this token, or one of these. */
  stop?: number | readonly number[];
  /**
   * What the model sees of a text that has grown beyond its context. `half`: when the context is full, it is emptied to
   * its last half and filled again; a token costs little, and sees between half a context and a whole one before it.
   * `exact`: always the last whole context, which has to be computed anew for each token, since every position in it has
   * changed. `half` unless said otherwise; a model that makes no cache is `exact`.
   */
  window?: "half" | "exact";
  /**
   * Makes the draws repeatable; otherwise they continue the global generator. Each prompt's first sample draws the same
   * numbers, and so does each second one: what a prompt gets does not depend on those beside it.
   */
  seed?: string | number;
  /** Called with every row's new token, as soon as it is there; -1 for a row that is complete, or not through its prompt. */
  onTokens?: (tokens: readonly number[]) => void;
  /** Called with every choice: the likeliest tokens, what each filter took away, and what was chosen; or the beams. */
  onExplain?: (step: ExplainedChoice | ExplainedBeams) => void;
  /** How many of the likeliest tokens are told to `onExplain`; 10 unless said otherwise. */
  explained?: number;
}

/** What is told on the way. */
export interface Listener {
  /** A continuation, counted over all prompts, has a new token. Says whether it ends with it. */
  tell?(row: number, token: number): boolean;
  /** Whether a prompt's continuation by these tokens has ended. */
  ended?(prompt: number, added: readonly number[]): boolean;
  onTokens?: (tokens: readonly number[]) => void;
}

/** Milliseconds after which Ctrl-C, timers and drawing get their turn. */
const PAUSE = 50;

/**
 * Continues several prompts together, each `samples` times and by `tokens` tokens; gives prompts and continuations, all
 * of the first prompt first. Prompts need not be of one length: while a longer one is read, the shorter ones are
 * continued already. For each token one row of logits is read.
 */
export async function generateTokens(
  model: LanguageModel,
  prompts: readonly ArrayLike<number>[],
  options: GenerateTokensOptions,
): Promise<number[][]> {
  const found = await continuations(model, prompts, options, options);
  return found.flatMap((rows, i) => rows.map(({ tokens }) => [...Array.from(prompts[i]), ...tokens]));
}

/** The same with log probabilities: for each prompt its continuations, the best first where they are compared. */
export async function generateScored(
  model: LanguageModel,
  prompts: readonly ArrayLike<number>[],
  options: GenerateTokensOptions,
): Promise<Continuation[][]> {
  return continuations(model, prompts, { ...options, scores: true }, options);
}

/** For each prompt what was added to it: a continuation for each sample. */
export async function continuations(
  model: LanguageModel,
  prompts: readonly ArrayLike<number>[],
  options: GenerateTokensOptions & { scores?: boolean },
  listener: Listener,
): Promise<Continuation[][]> {
  assertOptions(options);
  if (prompts.length === 0 || prompts.some(({ length }) => length === 0)) {
    throw new Error("generate: a prompt is empty: begin with one token at least");
  }
  const { samples = 1, window = "half", tokens } = options;
  const strategy = strategyNamed(options.strategy ?? "sample");
  const told = new Array<number>(prompts.length * samples).fill(-1);
  const searches = prompts.map((prompt, i) => {
    const searchOptions = searchOptionsFor(options, listener, i, (sample, token) => {
      told[i * samples + sample] = token;
      return listener.tell?.(i * samples + sample, token) ?? false;
    });
    strategy.check?.(searchOptions);
    return strategy.search(Array.from(prompt), searchOptions);
  });
  if (tokens === 0) return prompts.map(() => Array.from({ length: samples }, () => ({ tokens: [] })));

  // A prompt beyond the context is what the model sees of it, so that beside others it goes on as it does alone.
  const seen = prompts.map((prompt) => Array.from(prompt).slice(-contextOf(model)));
  const shown = Math.min(...seen.map(({ length }) => length));
  const rows = seen.map((prompt, i) => new PromptedRows(prompt, shown, searches[i]));
  const predictor = new Predictor(
    model,
    seen.map((prompt) => prompt.slice(0, shown)),
    window,
  );
  for (let pause = performance.now() + PAUSE; ; ) {
    const logits = await predictor.next();
    const growth = growAll(rows, logits);
    if (listener.onTokens !== undefined && told.some((token) => token >= 0)) listener.onTokens([...told]);
    told.fill(-1);
    if (growth.length === 0) break;
    predictor.grow(growth);
    if (performance.now() > pause) {
      await nextTask();
      pause = performance.now() + PAUSE;
    }
  }
  return searches.map((search) => search.results());
}

/** The rows of one prompt: a single one while the prompt is read, then as many as its search wants. */
class PromptedRows {
  readonly #rest: readonly number[];
  readonly #search: Search;
  #read = 0;
  /** Rows that are present. */
  count = 1;

  constructor(prompt: readonly number[], shown: number, search: Search) {
    this.#rest = prompt.slice(shown);
    this.#search = search;
  }

  grow(logits: readonly ArrayLike<number>[]): Growth[] {
    if (this.#read < this.#rest.length) return [{ from: 0, token: this.#rest[this.#read++] }];
    const growth = this.#search.grow(logits);
    this.count = growth.length;
    return growth;
  }
}

/** Lets every prompt's rows grow; rows are counted over all of them. */
function growAll(prompts: readonly PromptedRows[], logits: readonly ArrayLike<number>[]): Growth[] {
  const all: Growth[] = [];
  let first = 0;
  for (const rows of prompts) {
    const { count } = rows;
    if (count === 0) continue;
    for (const { from, token } of rows.grow(logits.slice(first, first + count)))
      all.push({ from: first + from, token });
    first += count;
  }
  return all;
}

function searchOptionsFor(
  options: GenerateTokensOptions & { scores?: boolean },
  listener: Listener,
  prompt: number,
  tell: SearchOptions["tell"],
): SearchOptions {
  const { samples = 1, stop = [], seed, onExplain, explained = 10 } = options;
  return {
    ...options,
    samples,
    stop: new Set(typeof stop === "number" ? [stop] : stop),
    tell,
    ended: (added) => listener.ended?.(prompt, added) ?? false,
    explain: onExplain && explainer(explained, (sample) => prompt * samples + sample, onExplain),
    explainBeams: onExplain && ((beams) => onExplain({ prompt, beams })),
    draw: (sample) => (seed === undefined ? random : seedrandom(sample === 0 ? String(seed) : `${seed}/${sample}`)),
  };
}

function assertOptions(options: GenerateTokensOptions): void {
  const {
    tokens,
    samples = 1,
    temperature = 1,
    topK,
    topP,
    minP = 0,
    repetitionPenalty = 1,
    window = "half",
  } = options;
  const fail = (option: string, value: unknown, rule: string) => {
    throw new RangeError(`generate: ${option} is ${value}, it ${rule}`);
  };
  if (!Number.isInteger(tokens) || tokens < 0) fail("tokens", tokens, "has to be a whole number from 0");
  if (!Number.isInteger(samples) || samples < 1) fail("samples", samples, "has to be a whole number from 1");
  if (window !== "half" && window !== "exact") fail("window", window, 'is "half" or "exact"');
  if (!(temperature > 0)) fail("temperature", temperature, 'has to be above 0; for the likeliest token use "greedy"');
  if (topK !== undefined && (!Number.isInteger(topK) || topK < 1))
    fail("topK", topK, "has to be a whole number from 1");
  if (topP !== undefined && !(topP > 0 && topP <= 1)) fail("topP", topP, "lies above 0, up to 1");
  if (!(minP >= 0 && minP <= 1)) fail("minP", minP, "lies between 0 and 1");
  if (!(repetitionPenalty > 0)) fail("repetitionPenalty", repetitionPenalty, "has to be above 0");
}
