import { shown } from "@lectern/nn";
import type { Vocabulary } from "./learn.ts";

/** The file of Hugging Face's `tokenizers`: one description of everything from a text to its ids. */
type Json = Readonly<Record<string, unknown>>;

const isObject = (value: unknown): value is Json =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** Whether a description is a `tokenizer.json`, of byte-level BPE or not. */
export function isHuggingFace(json: Json): boolean {
  return isObject(json.model) && (typeof json.model.type === "string" || "merges" in json.model);
}

/** A `tokenizer.json` that does something that `BPETokenizer` does not. */
export class UnknownKindError extends Error {
  override readonly name = "UnknownKindError";
}

const byteLevel = { type: "ByteLevel", add_prefix_space: false, trim_offsets: true, use_regex: true };

export function toHuggingFace({ tokens, merges }: Vocabulary, special: ReadonlyMap<string, number>): Json {
  const flags = { single_word: false, lstrip: false, rstrip: false, normalized: false, special: true };
  return {
    version: "1.0",
    truncation: null,
    padding: null,
    added_tokens: [...special].map(([content, id]) => ({ id, content, ...flags })),
    normalizer: null,
    pre_tokenizer: byteLevel,
    post_processor: null,
    decoder: byteLevel,
    model: {
      type: "BPE",
      dropout: null,
      unk_token: null,
      continuing_subword_prefix: null,
      end_of_word_suffix: null,
      fuse_unk: false,
      byte_fallback: false,
      ignore_merges: false,
      vocab: Object.fromEntries(tokens.map((token, id) => [token, id])),
      merges: merges.map(([left, right]) => [tokens[left], tokens[right]]),
    },
  };
}

/** More added tokens than any real tokenizer has: each would be looked for in every text. */
const MOST_ADDED = 10_000;

/** Errors: a file that is damaged, or one whose tokenizer does something that `BPETokenizer` does not. */
export function fromHuggingFace(json: Json): { vocabulary: Vocabulary; special: string[] } {
  const { model, added_tokens = [] } = json;
  if (!isObject(model)) throw new Error('tokenizer: "model" is missing');
  assertSupported(json, model);
  if (!Array.isArray(added_tokens) || added_tokens.length > MOST_ADDED) {
    throw new Error(`tokenizer: "added_tokens" has to be a list of at most ${MOST_ADDED}`);
  }
  const added = added_tokens.map((token) => {
    const { content, id } = isObject(token) ? token : {};
    if (typeof content !== "string" || content === "" || !isId(id)) {
      throw new Error('tokenizer: "added_tokens" holds one without a text or an id: the file is damaged');
    }
    return [content, id] as const;
  });
  const tokens = tokensFrom(model.vocab, added);
  return {
    vocabulary: { tokens, merges: mergesFrom(model.merges, tokens) },
    special: added.map(([content]) => content),
  };
}

/** GPT-2's own files: `vocab.json`, and the lines of `merges.txt`. */
export function fromVocabAndMerges(vocab: unknown, merges: string, special: readonly string[]): Vocabulary {
  const tokens = tokensFrom(vocab, []);
  const lines = merges.split(/\r?\n/).filter((line) => line !== "" && !line.startsWith("#version"));
  const known = new Set(tokens);
  const missing = special.find((token) => !known.has(token));
  if (missing !== undefined) throw new Error(`tokenizer: the vocabulary has no ${missing}`);
  return { tokens, merges: mergesFrom(lines, tokens) };
}

const isId = (id: unknown): id is number => Number.isInteger(id) && Number(id) >= 0 && Number(id) < 2 ** 26;

/** Tokens by their ids. Errors: ids that leave gaps, or that two tokens have. */
function tokensFrom(vocab: unknown, added: readonly (readonly [string, number])[]): string[] {
  if (!isObject(vocab)) throw new Error('tokenizer: "vocab" has to give an id to each token');
  const all = new Map<string, unknown>([...Object.entries(vocab), ...added]);
  const tokens = new Array<string>(all.size);
  for (const [token, id] of all) {
    if (!isId(id) || id >= all.size || tokens[id] !== undefined) {
      throw new Error(
        `tokenizer: the token ${shown(token)} has the id ${shown(id)}; ids have to be 0 … ${all.size - 1}, each once`,
      );
    }
    tokens[id] = token;
  }
  return tokens;
}

/** Pairs of ids; in files pairs of tokens, or both with a space between them. Errors: a token that there is not. */
function mergesFrom(merges: unknown, tokens: readonly string[]): Vocabulary["merges"] {
  if (!Array.isArray(merges)) throw new Error('tokenizer: "merges" has to be a list of pairs');
  const ids = new Map(tokens.map((token, id) => [token, id]));
  return merges.map((entry: unknown, i) => {
    const pair: unknown = typeof entry === "string" ? entry.split(" ") : entry;
    const [left, right] = Array.isArray(pair) && pair.length === 2 ? pair.map((token) => ids.get(token as string)) : [];
    if (left === undefined || right === undefined) {
      throw new Error(`tokenizer: merge ${i + 1}, ${shown(entry)}, is no pair of tokens`);
    }
    return [left, right] as const;
  });
}

/** Errors: a setting that changes the ids in a way that is not known here. */
function assertSupported(json: Json, model: Json): void {
  const refuse = (what: string): never => {
    throw new UnknownKindError(`tokenizer: ${what}, and only byte-level BPE as GPT-2 has it is known here`);
  };
  if (model.type !== undefined && model.type !== "BPE") refuse(`its model is ${shown(model.type)}`);
  if (json.normalizer !== undefined && json.normalizer !== null) refuse("it has a normalizer");
  for (const flag of ["dropout", "continuing_subword_prefix", "end_of_word_suffix", "byte_fallback", "ignore_merges"]) {
    if (model[flag]) refuse(`its model has ${flag}`);
  }
  const before = json.pre_tokenizer;
  if (!isObject(before) || before.type !== "ByteLevel" || before.use_regex === false) {
    refuse(`its pre-tokenizer is ${isObject(before) ? shown(before.type) : "none"}`);
  } else if (before.add_prefix_space === true) refuse("its pre-tokenizer adds a space before the text");
}
