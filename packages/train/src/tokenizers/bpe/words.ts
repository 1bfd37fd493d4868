/**
 * How GPT-2 cuts a text before it merges (Radford et al., 2019): into words, each with the space before it, numbers, runs of
 * marks, and white space. Nothing is merged across these borders, and joined they are the text again.
 */
const WORD =
  /'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\p{White_Space}\p{L}\p{N}]+|\p{White_Space}+(?!\P{White_Space})|\p{White_Space}+/gu;

/** Calls back with each word of a text, in order. */
export function forEachWord(text: string, each: (word: string) => void): void {
  WORD.lastIndex = 0;
  for (let match = WORD.exec(text); match !== null; match = WORD.exec(text)) each(match[0]);
}

/** How often each word occurs in the texts. */
export function countWords(texts: Iterable<string>): Map<string, number> {
  const counts = new Map<string, number>();
  for (const text of texts) forEachWord(text, (word) => counts.set(word, (counts.get(word) ?? 0) + 1));
  return counts;
}
