import type { Module } from "@lectern/nn";
import { accuracy, exactMatch } from "../measures.ts";
import { type Objective, supervised } from "../objective.ts";
import { learnTokenizer } from "../tokenizers/kinds.ts";
import type { Tokenizer } from "../tokenizers/tokenizer.ts";
import type { Batch, BatchSequence, HostTokens } from "./batch.ts";
import { DataLoader, SortedExamples } from "./loader.ts";

/** A prompt, and what should follow it. */
export interface Pair {
  readonly prompt: string;
  readonly answer: string;
}

/** A pair as one sequence: the first `prompt` of the tokens are given, the answer and its end are to be learned. */
export interface PairTokens {
  readonly tokens: Int32Array;
  readonly prompt: number;
}

/** What ends an answer where a tokenizer has no token for the end of a text. */
export const ANSWER_END = "\n";

/**
 * Pairs as tokens: prompt and answer are encoded each by itself, so that a prompt has the tokens it has when it is asked
 * alone. Errors: a prompt or an answer's end that is no token to this tokenizer.
 */
export function encodePairs(tokenizer: Tokenizer, pairs: readonly Pair[]): PairTokens[] {
  const { endOfText } = tokenizer.special ?? {};
  const end = endOfText === undefined ? tokenizer.encode(ANSWER_END) : [endOfText];
  if (end.length === 0) {
    throw new Error(
      "data: this tokenizer has no token for the end of an answer; take one of characters, bytes or their pairs",
    );
  }
  return pairs.map(({ prompt, answer }) => {
    const asked = tokenizer.encode(prompt);
    if (asked.length === 0) throw new Error(`data: the prompt ${JSON.stringify(prompt)} is no token to this tokenizer`);
    return { tokens: Int32Array.from([...asked, ...tokenizer.encode(answer), ...end]), prompt: asked.length };
  });
}

/** A target that does not count. */
const NOTHING = -100;

/**
 * Pairs as one batch, each from the first position on and padded at its end, which a causal model does not see. What is
 * wanted is the answer alone: within the prompt, and behind the end, targets do not count.
 */
export function padPairs(pairs: readonly PairTokens[]): HostTokens {
  const time = longest(pairs) - 1;
  const shape = [pairs.length, time];
  const inputs = new Int32Array(pairs.length * time);
  const targets = new Int32Array(pairs.length * time).fill(NOTHING);
  let count = 0;
  for (const [row, { tokens, prompt }] of pairs.entries()) {
    inputs.set(tokens.subarray(0, -1), row * time);
    targets.set(tokens.subarray(prompt), row * time + prompt - 1);
    count += tokens.length - 1;
  }
  return {
    ...{ inputs: { data: inputs, shape }, targets: { data: targets, shape }, mask: undefined },
    ...{ count, unit: "tokens" },
  };
}

/**
 * What a model of answers is trained for: the cross entropy of the answer's tokens. `exactMatch` is the share of answers
 * that it gives whole: each token is the likeliest behind those before it, which is what greedy choice writes.
 */
export const answering: Objective<Module, object> = supervised({ measures: { accuracy, exactMatch } });

/** The same for what has no rule: the best weights are those that know most of what was trained on. */
const byHeart: Objective<Module, object> = {
  ...answering,
  best: "trainExactMatch",
  highest: true,
  measures(model, batch) {
    const measures = answering.measures(model, batch);
    return "isTrained" in batch ? { trainExactMatch: measures.exactMatch } : measures;
  },
};

/** How prompts and answers become batches. */
export interface PairDataOptions {
  /** The longest sequence the model can see. */
  context: number;
  batch: number;
  /** Unless given, made from all pairs, one token a character. */
  tokenizer?: Tokenizer;
  seed?: string | number;
  /** What the pairs are, written into a run; the corpus' name unless given. */
  description?: Readonly<Record<string, unknown>>;
}

/** Prompts and answers as a language model learns them. */
export interface PairData {
  readonly train: DataLoader<PairTokens>;
  readonly validation: BatchSequence;
  readonly tokenizer: Tokenizer;
  /** For the `Trainer`, and for `evaluate`. */
  readonly objective: Objective<Module, object>;
}

/**
 * Prompts and answers, as `loadPairs` of `@lectern/datasets` gives them, to train a language model on: every batch has whole
 * pairs, and only answers are learned. Where there is no rule to learn (`byHeart`), validation also looks at the pairs that
 * are trained on. Errors: a pair longer than the context, and what `encodePairs` says.
 */
export function pairData(
  corpus: { readonly train: readonly Pair[]; readonly validation: readonly Pair[]; name?: string; byHeart?: boolean },
  options: PairDataOptions,
): PairData {
  const { context, batch, seed } = options;
  const all = [...corpus.train, ...corpus.validation];
  const { tokenizer = learnTokenizer("char", [textOf(all)]), description } = options;
  const [train, unseen] = [corpus.train, corpus.validation].map((pairs) => encodePairs(tokenizer, pairs));
  assertShort([...train, ...unseen], context);
  const collate = { collate: padPairs, length: lengthOf };
  const isEven = longest(train) <= 2 * meanLength(train);
  const validation = new SortedExamples(unseen, { batch, ...collate });
  const known = new SortedExamples(train, {
    batch,
    ...collate,
    collate: (pairs) => ({ ...padPairs(pairs), isTrained: true }),
  });
  return {
    train: new DataLoader(train, {
      ...{ batch, seed, ...collate },
      // Short pairs of one length at a time would be problems of one kind at a time.
      bucket: isEven ? 1 : undefined,
      description: { data: corpus.name, ...description },
    }),
    validation: corpus.byHeart ? oneAfterTheOther(validation, known) : validation,
    tokenizer,
    objective: corpus.byHeart ? byHeart : answering,
  };
}

/** The pairs as a text, for tokenizers to learn from. */
export const textOf = (pairs: readonly Pair[]): string =>
  pairs.map(({ prompt, answer }) => prompt + answer + ANSWER_END).join("");

const lengthOf = ({ tokens }: PairTokens): number => tokens.length;

const longest = (pairs: readonly PairTokens[]): number =>
  pairs.reduce((most, pair) => Math.max(most, lengthOf(pair)), 0);

const meanLength = (pairs: readonly PairTokens[]): number =>
  pairs.reduce((sum, { tokens }) => sum + tokens.length, 0) / pairs.length;

const oneAfterTheOther = (...parts: readonly BatchSequence[]): BatchSequence => ({
  *batches(device): Iterable<Batch> {
    for (const part of parts) yield* part.batches(device);
  },
});

/** Errors: pairs with more tokens than the model sees; says how many, and what context they need. */
function assertShort(pairs: readonly PairTokens[], context: number): void {
  const long = pairs.filter(({ tokens }) => tokens.length - 1 > context);
  if (long.length === 0) return;
  const needed = longest(long) - 1;
  throw new RangeError(
    `data: ${long.length} of ${pairs.length} pairs are longer than the context of ${context} tokens: give a context of ${needed} (--context ${needed}), or shorten them`,
  );
}
