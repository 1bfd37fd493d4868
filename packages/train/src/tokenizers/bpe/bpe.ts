import { shown } from "@lectern/nn";
import { type SpecialTokens, type Text, type Tokenizer, type TokenizerKind, tokenAt, utf8 } from "../tokenizer.ts";
import { bytesOf, charactersOf } from "./alphabet.ts";
import { fromHuggingFace, isHuggingFace, toHuggingFace } from "./huggingFace.ts";
import { type LearnMergesOptions, learnMerges, type Vocabulary } from "./learn.ts";
import { type Merges, mergeShort, mergeWord } from "./merge.ts";
import { utf8Parts } from "./utf8Parts.ts";
import { countWords, forEachWord } from "./words.ts";

/** GPT-2's one special token. */
export const END_OF_TEXT = "<|endoftext|>";

/** How many byte pairs are learned, and which tokens are there besides. */
export interface BPEOptions {
  /** Tokens in all; 8000 unless said otherwise. */
  size?: number;
  /** Special tokens, whose ids are the first; `<|endoftext|>` unless given. */
  special?: readonly string[];
  onMerge?: LearnMergesOptions["onMerge"];
}

/** Made once: a word takes less time to encode than an encoder to make. */
const UTF8 = new TextEncoder();

/** Different words whose tokens are remembered. */
const REMEMBERED = 65_536;

/**
 * Byte-level byte-pair encoding, as GPT-2 has it: a text's words become UTF-8's bytes, and pairs of tokens that were frequent
 * where it was learned become one. It knows every text, and gives back every byte. Its file is one that Hugging Face's
 * `tokenizers` reads and writes, `tokenizer.json`.
 */
export class BPETokenizer implements Tokenizer {
  readonly size: number;
  readonly special: SpecialTokens;
  readonly vocabulary: Vocabulary;
  /** Special tokens by what they are called. They are found in texts too. */
  readonly specialTokens: ReadonlyMap<string, number>;
  readonly #bytes: readonly Uint8Array[];
  readonly #idOfByte = new Int32Array(256).fill(-1);
  readonly #merges: Merges;
  readonly #remembered = new Map<string, Int32Array>();
  readonly #findSpecial: RegExp | undefined;

  /** @param special the vocabulary's special tokens. Errors: a merge of tokens that make none, a token that is no bytes. */
  constructor(vocabulary: Vocabulary, special: readonly string[]) {
    this.vocabulary = vocabulary;
    const { tokens } = vocabulary;
    this.size = tokens.length;
    const ids = new Map(tokens.map((token, id) => [token, id]));
    this.specialTokens = new Map(special.map((token) => [token, ids.get(token) ?? -1]));
    this.#bytes = tokens.map((token) => this.#bytesOf(token));
    for (const [id, bytes] of this.#bytes.entries()) {
      if (bytes.length === 1 && !this.specialTokens.has(tokens[id])) this.#idOfByte[bytes[0]] = id;
    }
    this.#merges = mergesOf(vocabulary, ids);
    this.special = { endOfText: this.specialTokens.get(END_OF_TEXT) };
    // The longest first, where one is another's beginning.
    const longest = [...special].sort((a, b) => b.length - a.length);
    if (special.length > 0) this.#findSpecial = new RegExp(longest.map(escaped).join("|"), "g");
  }

  #bytesOf(token: string): Uint8Array {
    if (this.specialTokens.has(token)) return UTF8.encode(token);
    const bytes = bytesOf(token);
    if (bytes === undefined || bytes.length === 0)
      throw new Error(`BPETokenizer: the token ${shown(token)} stands for no bytes`);
    return bytes;
  }

  /** Learns merges from texts. Errors: fewer tokens than bytes and special ones, no text. */
  static from(texts: Iterable<Text>, options: BPEOptions = {}): BPETokenizer {
    const { size = 8000, special = [END_OF_TEXT], onMerge } = options;
    if (!Number.isInteger(size) || size < 256 + special.length) {
      throw new RangeError(
        `BPETokenizer: size is ${size}, it has to be a whole number from ${256 + special.length}: the bytes and special tokens`,
      );
    }
    const words = countWords(Array.from(texts, (text) => (typeof text === "string" ? text : utf8(text))));
    if (words.size === 0) throw new Error("BPETokenizer: the texts are empty, there is nothing to learn");
    return new BPETokenizer(learnMerges(words, { size, special, onMerge }), special);
  }

  /** @param json what `tokenizer.json` holds. Errors: another model than byte-level BPE, settings that are not known. */
  static fromJSON(json: Readonly<Record<string, unknown>>): BPETokenizer {
    const { vocabulary, special } = fromHuggingFace(json);
    return new BPETokenizer(vocabulary, special);
  }

  encode(text: string): Int32Array {
    const ids = new Ids();
    let start = 0;
    for (const match of this.#findSpecial === undefined ? [] : text.matchAll(this.#findSpecial)) {
      this.#encodeWords(text.slice(start, match.index), ids);
      ids.add([this.specialTokens.get(match[0])!]);
      start = match.index + match[0].length;
    }
    this.#encodeWords(start === 0 ? text : text.slice(start), ids);
    return ids.all();
  }

  /** What is UTF-8 as its text, everything else byte by byte. */
  encodeBytes(bytes: Uint8Array): Int32Array {
    const ids = new Ids();
    for (const part of utf8Parts(bytes)) ids.add(typeof part === "string" ? this.encode(part) : this.#merge(part));
    return ids.all();
  }

  #encodeWords(text: string, ids: Ids): void {
    forEachWord(text, (word) => {
      const known = this.#remembered.get(word);
      if (known !== undefined) return ids.add(known);
      const tokens = Int32Array.from(this.#merge(UTF8.encode(word)));
      if (this.#remembered.size >= REMEMBERED) this.#remembered.clear();
      if (word.length <= 64) this.#remembered.set(word, tokens);
      ids.add(tokens);
    });
  }

  #merge(bytes: Uint8Array): number[] {
    return mergeWord(this.#idsOfBytes(bytes), this.#merges);
  }

  #idsOfBytes(bytes: Uint8Array): number[] {
    return Array.from(bytes, (byte) => {
      const id = this.#idOfByte[byte];
      if (id < 0) throw new Error(`BPETokenizer: the vocabulary has no token for the byte ${byte}`);
      return id;
    });
  }

  /** The words of a text, across whose borders nothing is merged. */
  words(text: string): string[] {
    const words: string[] = [];
    forEachWord(text, (word) => words.push(word));
    return words;
  }

  /** How a word becomes its tokens, merge by merge: first its bytes, last what `encode` gives. */
  steps(word: string): string[][] {
    const steps: string[][] = [];
    const { tokens } = this.vocabulary;
    mergeShort(this.#idsOfBytes(UTF8.encode(word)), this.#merges, (ids) => {
      steps.push(ids.map((id) => tokens[id]));
    });
    return steps;
  }

  decode(tokens: ArrayLike<number>): string {
    return utf8(this.decodeBytes(tokens));
  }

  decodeBytes(tokens: ArrayLike<number>): Uint8Array {
    const parts = Array.from(tokens, (id) => tokenAt(this.#bytes, id));
    const bytes = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
    let at = 0;
    for (const part of parts) {
      bytes.set(part, at);
      at += part.length;
    }
    return bytes;
  }

  /** As `tokenizer.json`. */
  toJSON(): Readonly<Record<string, unknown>> {
    return toHuggingFace(this.vocabulary, this.specialTokens);
  }
}

/** The ranks of all pairs, found by one number for each. */
function mergesOf({ tokens, merges }: Vocabulary, ids: ReadonlyMap<string, number>): Merges {
  const ranks = new Map<number, number>();
  const merged = new Int32Array(merges.length);
  for (const [rank, [left, right]] of merges.entries()) {
    const id = ids.get(tokens[left] + tokens[right]);
    if (id === undefined) {
      throw new Error(
        `BPETokenizer: ${shown(tokens[left])} and ${shown(tokens[right])} are merged to a token that there is not`,
      );
    }
    merged[rank] = id;
    const pair = left * tokens.length + right;
    // Of a pair that is listed twice the later rank counts, as in Hugging Face's tokenizers.
    ranks.set(pair, rank);
  }
  return {
    rank: (left, right) => ranks.get(left * tokens.length + right),
    merged: (rank) => merged[rank],
  };
}

/** Token ids that grow at their end. */
class Ids {
  #ids = new Int32Array(1024);
  #count = 0;

  add(more: ArrayLike<number>): void {
    const count = this.#count + more.length;
    if (count > this.#ids.length) {
      const larger = new Int32Array(2 * count);
      larger.set(this.#ids.subarray(0, this.#count));
      this.#ids = larger;
    }
    for (let i = 0; i < more.length; i++) this.#ids[this.#count + i] = more[i];
    this.#count = count;
  }

  all(): Int32Array {
    return this.#ids.slice(0, this.#count);
  }
}

const escaped = (text: string): string => text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");

/** A token as people read it: its text, with bytes that are no whole character in GPT-2's characters. */
export function shownToken(bytes: Uint8Array): string {
  const text = utf8(bytes);
  return text.includes("\uFFFD") ? charactersOf(bytes) : text;
}

export const bpe: TokenizerKind = {
  kind: "bpe",
  from: (texts, { size }) => BPETokenizer.from(texts, { size }),
  recognizes: isHuggingFace,
  fromJSON: BPETokenizer.fromJSON,
};
