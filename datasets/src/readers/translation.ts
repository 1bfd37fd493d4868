import type { PairCorpus, PairOptions } from "../entry.ts";
import { dictionary } from "./dictionary.ts";
import { holdOut, shareOf, shuffled } from "./split.ts";

/**
 * Words and what they mean: "кот -> " goes on with "cat". A tenth of the words, drawn by the seed, is held out. There is no
 * rule to be learned here: what a model says of a word it has never seen shows just that.
 */
export function translation(options: PairOptions = {}): PairCorpus {
  const { seed = 0, validationRows } = options;
  const share = validationRows === undefined ? 0.1 : undefined;
  const pairs = dictionary.map(([russian, english]) => ({ prompt: `${russian} -> `, answer: english }));
  const parts = holdOut(
    "translation",
    shuffled(pairs, seed),
    shareOf("translation", { validationShare: share, ...options }),
  );
  return { name: "translation", ...parts, byHeart: true, split: { kind: "shuffled", seed }, warnings: [] };
}
