import { BYTES, CHARACTERS } from "./alphabet.ts";
import { Heap } from "./heap.ts";

/** What is learned: tokens in the characters that stand for bytes, by their ids, and pairs of ids to merge, in order. */
export interface Vocabulary {
  readonly tokens: string[];
  readonly merges: (readonly [left: number, right: number])[];
}

/** A merge as it is found: the token that two others become wherever they meet, and how often they met. */
export interface Merge {
  readonly left: string;
  readonly right: string;
  readonly token: string;
  readonly count: number;
}

export interface LearnMergesOptions {
  /** Tokens in all, with the 256 bytes and the special ones. */
  readonly size: number;
  /** Tokens that stand for no text; their ids are the first. */
  readonly special?: readonly string[];
  /** Called with each merge, in order. */
  readonly onMerge?: (merge: Merge) => void;
}

/**
 * Byte-pair encoding (Gage, 1994; Sennrich et al., 2016): begins with the bytes, and makes of the two tokens that stand
 * next to each other most often a new one, again and again. Of pairs that are equally frequent the one with the smaller ids is
 * taken, as Hugging Face's trainer does. Ends before `size` where no two tokens meet any more.
 */
export function learnMerges(
  words: ReadonlyMap<string, number>,
  { size, special = [], onMerge }: LearnMergesOptions,
): Vocabulary {
  const tokens = [...special, ...BYTES.map((byte) => CHARACTERS[byte])];
  const ids = new Map(tokens.map((token, id) => [token, id]));
  const merges: Vocabulary["merges"] = [];
  const corpus = new Corpus(words, special.length);
  while (ids.size < size) {
    const pair = corpus.mostFrequent();
    if (pair === undefined) break;
    const [left, right] = [tokens[pair.left], tokens[pair.right]];
    const token = left + right;
    // The same bytes may have become a token another way; then it is that one.
    const id = ids.get(token) ?? tokens.length;
    if (id === tokens.length) tokens.push(token);
    ids.set(token, id);
    merges.push([pair.left, pair.right]);
    onMerge?.({ left, right, token, count: pair.count });
    corpus.merge(pair, id);
  }
  return { tokens, merges };
}

/** Two tokens next to each other. */
interface Pair {
  readonly left: number;
  readonly right: number;
  /** How often, over the whole corpus. */
  count: number;
  /** Numbers of the words in which they are, or have been. */
  readonly words: number[];
}

/** Ids below 2^26 make one number of two. */
const key = (left: number, right: number): number => left * 0x400_0000 + right;

/**
 * All different words, as tokens. What makes this fast: a merge looks only at the words that have the pair, and changes only
 * the counts of the pairs beside it; and the next pair comes from a queue.
 */
class Corpus {
  /** The tokens of each word. */
  readonly #words: number[][] = [];
  /** How often it occurs. */
  readonly #counts: number[] = [];
  readonly #pairs = new Map<number, Pair>();
  /** Pairs with the count they had when they were put here, which may be too high by now. */
  readonly #queue = new Heap<{ readonly pair: Pair; readonly count: number }>(
    (a, b) =>
      a.count > b.count ||
      (a.count === b.count &&
        (a.pair.left < b.pair.left || (a.pair.left === b.pair.left && a.pair.right < b.pair.right))),
  );

  constructor(words: ReadonlyMap<string, number>, firstId: number) {
    const idOf = new Int32Array(256);
    for (const [i, byte] of BYTES.entries()) idOf[byte] = firstId + i;
    const encoder = new TextEncoder();
    for (const [word, count] of words) {
      const tokens = Array.from(encoder.encode(word), (byte) => idOf[byte]);
      const number = this.#words.push(tokens) - 1;
      this.#counts.push(count);
      for (let i = 1; i < tokens.length; i++) this.#count(tokens[i - 1], tokens[i], count, number);
    }
    for (const pair of this.#pairs.values()) this.#queue.push({ pair, count: pair.count });
  }

  /** @param by how much more often the pair occurs, all in one word. */
  #count(left: number, right: number, by: number, word: number): Pair {
    const at = key(left, right);
    let pair = this.#pairs.get(at);
    if (pair === undefined) {
      pair = { left, right, count: 0, words: [] };
      this.#pairs.set(at, pair);
    }
    pair.count += by;
    if (by > 0 && pair.words.at(-1) !== word) pair.words.push(word);
    return pair;
  }

  mostFrequent(): Pair | undefined {
    for (let first = this.#queue.pop(); first !== undefined; first = this.#queue.pop()) {
      const { pair, count } = first;
      if (count === pair.count) return pair;
      if (pair.count > 0) this.#queue.push({ pair, count: pair.count });
    }
    return undefined;
  }

  /** Puts one token in the place of two, wherever they meet. */
  merge(pair: Pair, id: number): void {
    const more = new Set<Pair>();
    for (const number of pair.words) this.#mergeInWord(number, pair, id, more);
    this.#pairs.delete(key(pair.left, pair.right));
    for (const found of more)
      if (found !== pair && found.count > 0) this.#queue.push({ pair: found, count: found.count });
  }

  #mergeInWord(number: number, { left, right }: Pair, id: number, more: Set<Pair>): void {
    const word = this.#words[number];
    const count = this.#counts[number];
    let length = 0;
    for (let i = 0; i < word.length; i++) {
      if (word[i] !== left || word[i + 1] !== right) {
        word[length++] = word[i];
        continue;
      }
      if (length > 0) {
        this.#count(word[length - 1], left, -count, number);
        more.add(this.#count(word[length - 1], id, count, number));
      }
      if (i + 2 < word.length) {
        this.#count(right, word[i + 2], -count, number);
        more.add(this.#count(id, word[i + 2], count, number));
      }
      word[length++] = id;
      i++;
    }
    word.length = length;
  }
}
