import type { Tokenizer } from "../tokenizers/tokenizer.ts";
import { continuations, type GenerateTokensOptions } from "./generate.ts";
import type { LanguageModel } from "./state.ts";
import type { Continuation } from "./strategy.ts";
import { GrowingText } from "./texts.ts";

interface TextOptions extends Omit<GenerateTokensOptions, "onTokens" | "samples" | "stop"> {
  /** The text ends before the first of these; each may be several tokens, or a part of one. */
  stop?: string | readonly string[];
}

/** How a text is generated, and who is told of each piece. */
export interface GenerateOptions extends TextOptions {
  /**
   * Called with each new token, as soon as it is there, and with the piece of text that is certain with it: none while a
   * character is not whole, or while the text may be the beginning of what it has to stop at.
   */
  onToken?: (piece: string, token: number) => void;
}

/** How several texts are generated at once. */
export interface GenerateTextsOptions extends TextOptions {
  /** Continuations of each prompt; 1 unless said otherwise. They stand next to each other in the result. */
  samples?: number;
  /** Called with each new piece of text and the index of the text that it belongs to. */
  onToken?: (piece: string, text: number) => void;
}

/**
 * Continues a prompt: gives it with `tokens` tokens more. Errors: an empty prompt, options that make no sense.
 *
 * ```ts
 * import { generate, loadHuggingFace } from "@lectern/train";
 *
 * const { model, tokenizer } = await loadHuggingFace("models/moby-small");
 * if (tokenizer !== undefined) console.log(await generate(model, tokenizer, "Call me ", { tokens: 100, temperature: 0.8 }));
 * ```
 */
export async function generate(
  model: LanguageModel,
  tokenizer: Tokenizer,
  prompt: string,
  { onToken, ...options }: GenerateOptions,
): Promise<string> {
  const tellOne = onToken && ((piece: string, _text: number, token: number) => onToken(piece, token));
  const [text] = await continuedTexts(model, tokenizer, [prompt], options, tellOne);
  return text;
}

/** Continues several prompts together, or one several times: far more tokens a second than one after the other. */
export async function generateTexts(
  model: LanguageModel,
  tokenizer: Tokenizer,
  prompts: readonly string[],
  { onToken, ...options }: GenerateTextsOptions,
): Promise<string[]> {
  return continuedTexts(model, tokenizer, prompts, options, onToken);
}

/** A continued text with what it is compared by. */
export interface ScoredText {
  /** With the prompt. */
  readonly text: string;
  /** What was added. */
  readonly tokens: readonly number[];
  /** As in `Continuation`. */
  readonly score: number;
  readonly scores: readonly number[];
}

/** The same with log probabilities. */
export async function generateScoredTexts(
  model: LanguageModel,
  tokenizer: Tokenizer,
  prompts: readonly string[],
  { onToken, ...options }: GenerateTextsOptions,
): Promise<ScoredText[]> {
  const found = await continued(model, tokenizer, prompts, { ...options, scores: true }, onToken);
  return found.map(({ text, tokens, score = Number.NaN, scores = [] }) => ({ text, tokens, score, scores }));
}

type Tell = (piece: string, text: number, token: number) => void;

async function continuedTexts(...args: Parameters<typeof continued>): Promise<string[]> {
  return (await continued(...args)).map(({ text }) => text);
}

async function continued(
  model: LanguageModel,
  tokenizer: Tokenizer,
  prompts: readonly string[],
  { stop, ...options }: TextOptions & { samples?: number; scores?: boolean },
  onToken: Tell | undefined,
): Promise<(Continuation & { text: string })[]> {
  const stops = assertStops(typeof stop === "string" ? [stop] : (stop ?? []));
  const starts = prompts.map((prompt) => encodePrompt(tokenizer, prompt));
  const { samples = 1, tokens } = options;
  const pieces = new Pieces(tokenizer, starts, { stops, samples, tokens, onToken });
  const { endOfText } = tokenizer.special ?? {};
  const growing = (prompt: number) => new GrowingText(tokenizer, starts[prompt], stops);
  const ended = (prompt: number, added: readonly number[]) => {
    const text = growing(prompt);
    for (const token of added) text.push(token);
    return text.isComplete;
  };
  const found = await continuations(
    model,
    starts,
    { ...options, stop: endOfText },
    stops.length > 0 || onToken !== undefined ? { tell: (row, token) => pieces.tell(row, token), ended } : {},
  );
  const texts = found.flatMap((rows, i) =>
    rows.map((continuation) => ({
      ...continuation,
      prompt: prompts[i],
      added: textOf(growing(i), continuation.tokens),
    })),
  );
  for (const [row, { added, tokens }] of texts.entries()) pieces.end(row, added, tokens);
  return texts.map(({ prompt, added, ...continuation }) => ({ ...continuation, text: prompt + added }));
}

function textOf(text: GrowingText, added: readonly number[]): string {
  return added.map((token) => text.push(token)).join("") + text.end();
}

/** Tells the pieces of the texts while they grow, and ends those that have come to a string to stop at. */
class Pieces {
  readonly #tokens: number;
  readonly #onToken: Tell | undefined;
  readonly #rows: { readonly text: GrowingText; tokens: number; last: number }[];

  constructor(
    tokenizer: Tokenizer,
    starts: readonly ArrayLike<number>[],
    options: { stops: readonly string[]; samples: number; tokens: number; onToken: Tell | undefined },
  ) {
    this.#tokens = options.tokens;
    this.#onToken = options.onToken;
    this.#rows = starts.flatMap((start) =>
      Array.from({ length: options.samples }, () => ({
        text: new GrowingText(tokenizer, start, options.stops),
        tokens: 0,
        last: -1,
      })),
    );
  }

  tell(row: number, token: number): boolean {
    const growing = this.#rows[row];
    growing.tokens++;
    growing.last = token;
    const { text } = growing;
    const piece = text.push(token);
    this.#onToken?.(growing.tokens === this.#tokens ? piece + text.end() : piece, row, token);
    return text.isComplete;
  }

  /** What was held back, of a text that ended before it had all its tokens; all of one that was not told on the way. */
  end(row: number, whole: string, added: readonly number[]): void {
    const { text, tokens, last } = this.#rows[row];
    const piece = tokens === 0 ? whole : text.end();
    if (piece !== "") this.#onToken?.(piece, row, tokens === 0 ? added[added.length - 1] : last);
  }
}

function encodePrompt(tokenizer: Tokenizer, prompt: string): ArrayLike<number> {
  const tokens = tokenizer.encode(prompt);
  if (tokens.length === 0) throw new Error("generate: the prompt is empty: begin with one token at least");
  return tokens;
}

function assertStops(stops: readonly string[]): readonly string[] {
  if (stops.includes("")) throw new RangeError("generate: stop is an empty text, which every text begins with");
  return stops;
}
