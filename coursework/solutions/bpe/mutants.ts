import type { Mutants } from "../../../scripts/src/course/task.ts";

const ENCODE = "return wordsOf(text).flatMap((word) => merges.reduce<string[]>(apply, [...word]));";

const LONGEST = `const tokens = new Set(merges.map((merge) => merge.join("")));
  return wordsOf(text).flatMap((word) => {
    const out: string[] = [];
    for (let at = 0; at < word.length; at += out[out.length - 1].length) {
      let end = word.length;
      while (end > at + 1 && !tokens.has(word.slice(at, end))) end--;
      out.push(word.slice(at, end));
    }
    return out;
  });`;

export const mutants: Mutants = {
  tie: [["if (count > most) [", "if (count > 1 && count >= most) ["]],
  overlaps: [["const overlaps = pair === counted;", "const overlaps = false;"]],
  acrossWords: [["of wordsOf(text)) {", "of [text]) {"]],
  countedOnce: [
    ["for (const word of words.values()) word.tokens = apply(word.tokens, merge);", ""],
    [
      "      if (!overlaps) counts.set(",
      `      if (merged.has(pair)) continue;
      if (!overlaps) counts.set(`,
    ],
    [
      "mostFrequent([...words.values()])",
      'mostFrequent([...words.values()], new Set(merges.map((m) => m.join("\\n"))))',
    ],
    [
      "function mostFrequent(words: readonly { tokens: string[]; number: number }[])",
      "function mostFrequent(words: readonly { tokens: string[]; number: number }[], merged: Set<string>)",
    ],
  ],
  longest: [[ENCODE, LONGEST]],
  firstOnly: [["out.push(left + right);\n      i++;", "return [...out, left + right, ...tokens.slice(i + 2)];"]],
  encodesAcross: [[ENCODE, "return merges.reduce<string[]>(apply, [...text]);"]],
};
