import type { Pair, PairCorpus, PairOptions, Split } from "../entry.ts";
import type { Source } from "../source.ts";
import { twoColumns } from "./columns.ts";
import { holdOut, shuffled } from "./split.ts";

/** Usual names of the columns with prompts and with answers, the likeliest first. */
const PROMPT_COLUMNS = ["prompt", "question", "input", "source", "instruction"];
const ANSWER_COLUMNS = ["answer", "completion", "output", "target", "response"];

/**
 * A table with a column of prompts and one of answers, which are taken as they are, spaces at their ends too. A fifth of the
 * rows, drawn by the seed, is for validation, unless the options say otherwise, or another table is; rows with one prompt stay
 * together, so that what validates was never asked in training.
 */
export async function readPairs(
  source: Source,
  name: string,
  options: PairOptions,
  other?: Source,
): Promise<PairCorpus> {
  const { pairs, warnings } = await pairsIn(source, options);
  if (other !== undefined) {
    const held = await pairsIn(other, options);
    const split = { kind: "file", file: other.name } as const;
    return { name, train: pairs, validation: held.pairs, split, warnings: [...warnings, ...held.warnings] };
  }
  return { name, ...divided(name, pairs, options), warnings };
}

async function pairsIn(source: Source, options: PairOptions): Promise<{ pairs: Pair[]; warnings: string[] }> {
  const prompt = { holds: "prompt", given: options.promptColumn, usual: PROMPT_COLUMNS };
  const answer = { holds: "answer", given: options.answerColumn, usual: ANSWER_COLUMNS };
  const { rows, warnings } = await twoColumns(source, [prompt, answer], options);
  return { pairs: rows.map(([prompt, answer]) => ({ prompt, answer })), warnings };
}

function divided(name: string, pairs: readonly Pair[], options: PairOptions): Omit<PairCorpus, "name" | "warnings"> {
  const { validation, seed = 0, validationRows, validationShare } = options;
  const share = typeof validation === "number" ? validation : validationShare;
  const amount = { validationRows, validationShare: share };
  if (validation === "last") return { ...holdOut(name, pairs, amount), split: { kind: "last" } };
  const prompts = shuffled([...new Set(pairs.map(({ prompt }) => prompt))], seed);
  const held = new Set(holdOut(name, prompts, amount).validation);
  const split: Split = { kind: "shuffled", seed };
  return {
    train: pairs.filter(({ prompt }) => !held.has(prompt)),
    validation: pairs.filter(({ prompt }) => held.has(prompt)),
    split,
  };
}
