import type { Mutants } from "../../../scripts/src/course/task.ts";

const KEPT = "candidates.sort((a, b) => b.sum - a.sum).slice(0, beams)";
const SCORE = "sum / tokens.length ** lengthPenalty";
const ENDED = "tokens[tokens.length - 1] === this.options.end || ";
const COMPLETE = "this.#complete.push(...kept.filter((text) => this.#isComplete(text)));";

export const mutants: Mutants = {
  greedy: [[KEPT, "candidates.sort((a, b) => b.sum - a.sum).slice(0, 1)"]],
  oneEach: [
    [
      KEPT,
      `candidates
      .sort((a, b) => b.sum - a.sum)
      .filter(({ from, tokens }, i, all) => tokens.length === 1 || all.findIndex((text) => text.from === from) === i)
      .slice(0, beams)`,
    ],
  ],
  lastToken: [["sum: text.sum + log", "sum: log"]],
  wrongRow: [["({ tokens, from }) => ({ from,", "({ tokens }, from) => ({ from,"]],
  ignoresEnd: [[ENDED, ""]],
  losesEnded: [
    [COMPLETE, "this.#complete.push(...kept.filter(({ tokens }) => tokens.length === this.options.tokens));"],
  ],
  noPenalty: [[SCORE, "sum"]],
  multiplied: [[SCORE, "sum * tokens.length ** lengthPenalty"]],
  endNotCounted: [
    [SCORE, "sum / (tokens.at(-1) === this.options.end ? tokens.length - 1 : tokens.length) ** lengthPenalty"],
  ],
};
