import { type StreamDecoder, streamDecoder } from "../tokenizers/decoder.ts";
import type { Tokenizer } from "../tokenizers/tokenizer.ts";

/** Tokens of a prompt that its continuation's decoder is shown: a token's text may depend on what it follows. */
const SHOWN = 8;

/** The text behind a prompt, as its tokens come, up to the first of the strings it has to stop at. */
export class GrowingText {
  readonly #decoder: StreamDecoder;
  readonly #stops: readonly string[];
  /** The end of the text that may be the beginning of a string to stop at. */
  #held = "";
  #isComplete = false;

  constructor(tokenizer: Tokenizer, prompt: ArrayLike<number>, stops: readonly string[]) {
    this.#decoder = streamDecoder(tokenizer);
    this.#stops = stops;
    for (let i = Math.max(0, prompt.length - SHOWN); i < prompt.length; i++) this.#decoder.push(prompt[i]);
  }

  /** Whether a string to stop at has come. */
  get isComplete(): boolean {
    return this.#isComplete;
  }

  /** The piece of text that is certain with this token. */
  push(token: number): string {
    return this.#isComplete ? "" : this.#take(this.#decoder.push(token));
  }

  /** What was held back, when no more tokens come. */
  end(): string {
    if (this.#isComplete) return "";
    const piece = this.#take(this.#decoder.end());
    const held = this.#held;
    this.#held = "";
    return piece + (this.#isComplete ? "" : held);
  }

  #take(fresh: string): string {
    const text = this.#held + fresh;
    const ends = this.#stops.map((stop) => text.indexOf(stop)).filter((at) => at >= 0);
    if (ends.length > 0) {
      this.#isComplete = true;
      this.#held = "";
      return text.slice(0, Math.min(...ends));
    }
    const held = Math.max(0, ...this.#stops.map((stop) => overlap(text, stop)));
    this.#held = text.slice(text.length - held);
    return text.slice(0, text.length - held);
  }
}

/** How many characters at the text's end are the stop's beginning. */
function overlap(text: string, stop: string): number {
  let length = Math.min(text.length, stop.length - 1);
  while (length > 0 && !text.endsWith(stop.slice(0, length))) length--;
  return length;
}
