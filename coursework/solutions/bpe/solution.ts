/** Two tokens that become one: the left one and the right one. */
export type Merge = readonly [left: string, right: string];

/** A text's words, each with the space before it. Nothing is merged across their borders. */
const wordsOf = (text: string): string[] => text.match(/ ?[^ ]+| /g) ?? [];

/** Learns merges: again and again, the most frequent pair of neighbours becomes one token. */
export function learnMerges(text: string, count: number): Merge[] {
  // Equal words have equal pairs, so each is kept once, with its number.
  const words = new Map<string, { tokens: string[]; number: number }>();
  for (const word of wordsOf(text)) {
    const known = words.get(word);
    if (known === undefined) words.set(word, { tokens: [...word], number: 1 });
    else known.number++;
  }
  const merges: Merge[] = [];
  while (merges.length < count) {
    const merge = mostFrequent([...words.values()]);
    if (merge === undefined) break;
    merges.push(merge);
    for (const word of words.values()) word.tokens = apply(word.tokens, merge);
  }
  return merges;
}

/** The pair that is there most often, the first of them; none where no pair is there twice. */
function mostFrequent(words: readonly { tokens: string[]; number: number }[]): Merge | undefined {
  const counts = new Map<string, number>();
  for (const { tokens, number } of words) {
    let counted = "";
    for (let i = 0; i + 1 < tokens.length; i++) {
      const pair = `${tokens[i]}\n${tokens[i + 1]}`;
      const overlaps = pair === counted;
      counted = overlaps ? "" : pair;
      if (!overlaps) counts.set(pair, (counts.get(pair) ?? 0) + number);
    }
  }
  let best: string | undefined;
  let most = 1;
  for (const [pair, count] of counts) {
    if (count > most) [best, most] = [pair, count];
  }
  const [left, right] = best?.split("\n") ?? [];
  return left === undefined ? undefined : [left, right];
}

/** One merge in one word, from left to right. */
function apply(tokens: readonly string[], [left, right]: Merge): string[] {
  const out: string[] = [];
  for (let i = 0; i < tokens.length; i++) {
    if (tokens[i] === left && tokens[i + 1] === right) {
      out.push(left + right);
      i++;
    } else out.push(tokens[i]);
  }
  return out;
}

/** A text's tokens: the merges are applied to each word in the order in which they were learned. */
export function encode(text: string, merges: readonly Merge[]): string[] {
  return wordsOf(text).flatMap((word) => merges.reduce<string[]>(apply, [...word]));
}
