import { noGrad, random, scope, type Tensor, tensor } from "@lectern/autograd";
import seedrandom from "seedrandom";
import { deviceOf, type Model } from "./model.ts";
import type { Tokenizer } from "./tokenizers/tokenizer.ts";

/** A model of the next token: logits [batch, time, vocabulary] for at most `options.context` tokens. */
export interface LanguageModel extends Model {
  readonly options: { readonly context: number };
}

export interface SamplingOptions {
  /** `greedy` takes the most likely token, `sample` draws one; `sample` unless said otherwise. */
  strategy?: "greedy" | "sample";
  /** Logits are divided by this: below 1 makes likely tokens likelier. 1 unless said otherwise. */
  temperature?: number;
  /** Draw from the k most likely tokens alone (Fan et al., 2018). */
  topK?: number;
  /** Draw from the smallest set of tokens that has this probability together (Holtzman et al., 2020). */
  topP?: number;
}

export interface GenerateTokensOptions extends SamplingOptions {
  /** How many tokens to add. */
  tokens: number;
  /** Makes the draws repeatable; otherwise they continue the global generator. */
  seed?: string | number;
  /** Called with every row's new token, as soon as it is there; -1 for a row that is complete, or not through its prompt. */
  onTokens?: (tokens: readonly number[]) => void;
}

export interface GenerateOptions extends Omit<GenerateTokensOptions, "onTokens"> {
  /** Called with each new piece of text, as soon as it is there. */
  onToken?: (piece: string, token: number) => void;
}

/** Continues a prompt: gives it with `tokens` tokens more. Errors: an empty prompt, options that make no sense. */
export async function generate(
  model: LanguageModel,
  tokenizer: Tokenizer,
  prompt: string,
  { onToken, ...options }: GenerateOptions,
): Promise<string> {
  const start = tokenizer.encode(prompt);
  if (start.length === 0) throw new Error("generate: the prompt is empty: begin with one token at least");
  const onTokens = onToken && (([token]: readonly number[]) => onToken(tokenizer.decode([token]), token));
  const [tokens] = await generateTokens(model, [start], { ...options, onTokens });
  return prompt + tokenizer.decode([...start, ...tokens.slice(start.length)]).slice(tokenizer.decode(start).length);
}

/**
 * Continues several prompts together, each by `tokens` tokens; gives prompts and continuations. Prompts need not be of
 * one length: while a longer one is read, the shorter ones are continued already. The model sees the last `context`
 * tokens, and is in evaluation mode meanwhile. One number a row is read for each new token.
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
  const draw = options.seed === undefined ? random : seedrandom(String(options.seed));
  const lengths = prompts.map(({ length }) => length);
  const shortest = Math.min(...lengths);
  const rows = prompts.map((prompt) => Array.from(prompt).slice(0, shortest));
  const { training } = model;
  model.eval();
  try {
    for (let at = shortest; at < Math.max(...lengths) + options.tokens; at++) {
      const next = await nextTokens(model, rows, options, draw);
      const added = rows.map((row, i) => {
        row.push(at < lengths[i] ? prompts[i][at] : next[i]);
        return at >= lengths[i] && at < lengths[i] + options.tokens ? next[i] : -1;
      });
      if (added.some((token) => token >= 0)) options.onTokens?.(added);
    }
  } finally {
    model.train(training);
  }
  return rows.map((row, i) => row.slice(0, lengths[i] + options.tokens));
}

/** Points are multiples of 1 / 2^23, so that float32 does not round the last one up to 1. */
const FINENESS = 2 ** 23;

async function nextTokens(
  model: LanguageModel,
  rows: readonly (readonly number[])[],
  options: SamplingOptions,
  draw: () => number,
): Promise<ArrayLike<number>> {
  const device = deviceOf(model);
  const chosen = scope(() =>
    noGrad(() => {
      const seen = rows.map((row) => row.slice(-model.options.context));
      const inputs = tensor(seen, { dtype: "int32", device });
      const logits = model.forward(inputs).select(1, seen[0].length - 1);
      if (options.strategy === "greedy") return logits.argmax(-1);
      const points = tensor(
        rows.map(() => [Math.floor(draw() * FINENESS) / FINENESS]),
        { device },
      );
      return sampleAt(filterLogits(logits, options), points);
    }),
  );
  return device.hostMemory ? chosen.dataSync() : await chosen.data();
}

/** Divides by the temperature, and gives -Infinity to every token that top-k and top-p leave out. [batch, n] -> the same. */
export function filterLogits(logits: Tensor, { temperature = 1, topK, topP }: SamplingOptions): Tensor {
  const vocabulary = logits.shape[1];
  let kept = temperature === 1 ? logits : logits.div(temperature);
  if (topK !== undefined && topK < vocabulary) {
    const least = kept.topk(topK).values.min(-1, { keepDim: true });
    kept = kept.maskedFill(kept.lt(least), Number.NEGATIVE_INFINITY);
  }
  if (topP !== undefined && topP < 1) {
    const sorted = kept.topk(vocabulary).values;
    const probabilities = sorted.softmax(-1);
    // A token is left out if those before it have the probability already; the first one never is.
    const isOut = probabilities.cumsum(-1).sub(probabilities).ge(topP);
    const least = sorted.maskedFill(isOut, Number.POSITIVE_INFINITY).min(-1, { keepDim: true });
    kept = kept.maskedFill(kept.lt(least), Number.NEGATIVE_INFINITY);
  }
  return kept;
}

/**
 * Inverse transform sampling: the token in whose stretch of the running sum of probabilities the point lies.
 * logits: [batch, n], points in [0, 1): [batch, 1] -> [batch], whole numbers as float32.
 */
export function sampleAt(logits: Tensor, points: Tensor): Tensor {
  const sums = logits.softmax(-1).cumsum(-1);
  // The last sum is 1 up to rounding; measured against itself, the point always lies below it.
  const end = sums.slice(-1, -1);
  return sums.le(points.mul(end)).float().sum(-1);
}

function assertOptions({ tokens, strategy = "sample", temperature = 1, topK, topP }: GenerateTokensOptions): void {
  const fail = (option: string, value: unknown, rule: string) => {
    throw new RangeError(`generate: ${option} is ${value}, it ${rule}`);
  };
  if (!Number.isInteger(tokens) || tokens < 0) fail("tokens", tokens, "has to be a whole number from 0");
  if (strategy !== "greedy" && strategy !== "sample") fail("strategy", strategy, 'is "greedy" or "sample"');
  if (!(temperature > 0)) fail("temperature", temperature, 'has to be above 0; for the likeliest token use "greedy"');
  if (topK !== undefined && (!Number.isInteger(topK) || topK < 1))
    fail("topK", topK, "has to be a whole number from 1");
  if (topP !== undefined && !(topP > 0 && topP <= 1)) fail("topP", topP, "lies above 0, up to 1");
}
