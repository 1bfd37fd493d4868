import { shown } from "@lectern/nn";
import type { SpecialTokens, Tokenizer } from "./tokenizer.ts";

/** A `tokenizer.json` that is not of a kind that is built here. */
type Json = Readonly<Record<string, unknown>>;

/** What is used of Hugging Face's library. */
interface Library {
  encode(text: string, options: { add_special_tokens: boolean }): { ids: ArrayLike<number> };
  decode(ids: number[], options: { skip_special_tokens: boolean }): string;
  get_vocab(withAddedTokens: boolean): Map<string, number>;
}

/** What texts end with, as tokenizers call it. */
const ENDS = ["<|endoftext|>", "</s>", "<|end_of_text|>", "<eos>"];
/** More tokens than any tokenizer has. */
const MOST_TOKENS = 2 ** 22;
const MOST_ADDED = 10_000;

/**
 * A checkpoint's own tokenizer (WordPiece, Unigram, byte-pair encoding with other rules), by Hugging Face's library, which is
 * loaded where one is needed. Special tokens stand in texts as they are called; none is added to a text.
 */
export class ReadyTokenizer implements Tokenizer {
  readonly size: number;
  readonly special: SpecialTokens;
  readonly #json: Json;
  readonly #library: Library;

  constructor(json: Json, library: Library) {
    this.#json = json;
    this.#library = library;
    const ids = library.get_vocab(true);
    let last = -1;
    for (const id of ids.values()) last = Math.max(last, id);
    this.size = last + 1;
    const end = ENDS.find((token) => ids.has(token));
    this.special = { endOfText: end === undefined ? undefined : ids.get(end) };
  }

  encode(text: string): Int32Array {
    return Int32Array.from(this.#library.encode(text, { add_special_tokens: false }).ids);
  }

  decode(tokens: ArrayLike<number>): string {
    if (tokens.length === 0) return "";
    return this.#library.decode(Array.from(tokens), { skip_special_tokens: false });
  }

  /** The file as it was. */
  toJSON(): Json {
    return this.#json;
  }
}

/** Errors: ids that are none, for which the library would make room up to whatever they are. */
function assertIds({ model, added_tokens: added = [] }: Json): void {
  const { vocab } = model as { vocab?: unknown };
  const tokens = typeof vocab === "object" && vocab !== null && !Array.isArray(vocab) ? Object.values(vocab) : [];
  const ids: unknown[] = Array.isArray(added) ? added.map((token: { id?: unknown } | null) => token?.id) : [added];
  const isId = (id: unknown) => Number.isInteger(id) && Number(id) >= 0 && Number(id) < MOST_TOKENS;
  for (const id of [...tokens, ...ids]) if (!isId(id)) throw new Error(`a token has the id ${shown(id)}`);
  if (ids.length > MOST_ADDED) throw new Error(`it has more than ${MOST_ADDED} added tokens`);
}

/** Errors: a file that is damaged, or of a kind that the library does not know. */
export async function readyTokenizer(json: Json): Promise<ReadyTokenizer> {
  const { Tokenizer: Ready } = await import("@huggingface/tokenizers");
  try {
    assertIds(json);
    const library = new Ready(json, {}) as unknown as Library;
    const tokenizer = new ReadyTokenizer(json, library);
    // What is wrong with a rule is seen where it is used.
    tokenizer.decode(tokenizer.encode("A text, and 1 more."));
    return tokenizer;
  } catch (cause) {
    const type = (json.model as { type?: unknown } | undefined)?.type;
    const reason = (cause as Error).message.replace(/\s+/g, " ").slice(0, 200);
    throw new Error(`tokenizer: its model is ${shown(type)}, which cannot be used here: ${reason}`, { cause });
  }
}
