/** Two tokens that become one: the left one and the right one. */
export type Merge = readonly [left: string, right: string];

/** A text's words, each with the space before it: "to be" has "to" and " be". Nothing is merged across their borders. */
const wordsOf = (text: string): string[] => text.match(/ ?[^ ]+| /g) ?? [];

/**
 * Learns merges. Each word begins as its characters. Then, again and again, the most frequent pair of neighbours becomes one
 * token, everywhere in the words: from left to right, and no token is in two pairs ("aaa" holds "aa" once). Of equally
 * frequent pairs the one that comes first in the text is taken.
 * Gives the merges in their order: `count` of them, or fewer where no pair is there twice.
 */
export function learnMerges(text: string, count: number): Merge[] {
  throw new Error(`TODO: learn ${count} merges from ${wordsOf(text).length} words`);
}

/**
 * A text's tokens: each word begins as its characters, to which the merges are applied in the order in which they were
 * learned, each of them everywhere in the word before the next one.
 */
export function encode(text: string, merges: readonly Merge[]): string[] {
  throw new Error(`TODO: encode ${wordsOf(text).length} words with ${merges.length} merges`);
}
