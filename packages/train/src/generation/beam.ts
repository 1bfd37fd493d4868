import { filtered, PENALTIES } from "./filters.ts";
import type { Growth } from "./predictor.ts";
import { logProbabilities } from "./sampling.ts";
import type { Continuation, Search, SearchOptions, Strategy } from "./strategy.ts";

/** A text on its way: what was added to the prompt, with each token's log probability, and their sum. */
interface Beam {
  readonly tokens: readonly number[];
  readonly scores: readonly number[];
  readonly sum: number;
}

/** A beam with one more token, and the row that it goes on from. */
interface Candidate extends Beam {
  readonly row: number;
}

/**
 * Beam search (Lowerre, 1976; Sutskever et al., 2014), with the rules of `transformers`: of all beams' next tokens, as many
 * candidates are kept as leave enough open ones whatever ends among them; a candidate that has ended counts if it is among the
 * best `beams` of them.
 */
class BeamSearch implements Search {
  readonly #prompt: readonly number[];
  readonly #options: Required<Pick<SearchOptions, "beams" | "lengthPenalty" | "earlyStopping">> & SearchOptions;
  #open: readonly Beam[] = [{ tokens: [], scores: [], sum: 0 }];
  /** The best complete texts, the best first. */
  #complete: (Continuation & { readonly score: number })[] = [];

  constructor(prompt: readonly number[], options: SearchOptions) {
    this.#prompt = prompt;
    const { beams = 4, lengthPenalty = 1, earlyStopping = false } = options;
    this.#options = { ...options, beams, lengthPenalty, earlyStopping };
  }

  grow(logits: readonly ArrayLike<number>[]): Growth[] {
    const { beams, stop, explainBeams } = this.#options;
    const candidates = this.#candidates(logits, Math.max(2, 1 + stop.size) * beams);
    const open: Candidate[] = [];
    const growth: { candidate: Candidate; ended: boolean }[] = [];
    for (const [rank, candidate] of candidates.entries()) {
      const ended = this.#hasEnded(candidate);
      if (ended && rank < beams) this.#add(candidate);
      else if (!ended && open.length < beams) open.push(candidate);
      if (ended ? rank < beams : open.includes(candidate)) growth.push({ candidate, ended });
    }
    explainBeams?.(
      growth.map(({ candidate: { row, tokens, sum }, ended }) => ({ row, token: tokens.at(-1)!, sum, ended })),
    );
    this.#open = open;
    if (open.length === 0 || this.#isDone(open[0])) return [];
    return open.map(({ row, tokens }) => ({ from: row, token: tokens.at(-1)! }));
  }

  /** The best next tokens of all beams together, the best first. */
  #candidates(logits: readonly ArrayLike<number>[], count: number): Candidate[] {
    const best: { sum: number; row: number; token: number; score: number }[] = [];
    for (const [row, beam] of this.#open.entries()) {
      const text = [...this.#prompt, ...beam.tokens];
      const scores = filtered(logProbabilities(logits[row]), this.#options, text, PENALTIES);
      for (let token = 0; token < scores.length; token++) {
        const sum = beam.sum + scores[token];
        if (best.length === count && sum <= best[count - 1].sum) continue;
        let at = best.length;
        while (at > 0 && best[at - 1].sum < sum) at--;
        best.splice(at, 0, { sum, row, token, score: scores[token] });
        if (best.length > count) best.pop();
      }
    }
    return best.map(({ sum, row, token, score }) => {
      const { tokens, scores } = this.#open[row];
      return { row, sum, tokens: [...tokens, token], scores: [...scores, score] };
    });
  }

  #hasEnded({ tokens }: Beam): boolean {
    const { stop, tokens: most, ended } = this.#options;
    return stop.has(tokens.at(-1)!) || tokens.length === most || ended(tokens);
  }

  #add({ tokens, scores, sum }: Beam): void {
    const { beams, lengthPenalty, stop } = this.#options;
    const isStopped = stop.has(tokens.at(-1)!);
    const score = sum / tokens.length ** lengthPenalty;
    this.#complete.push({ tokens: isStopped ? tokens.slice(0, -1) : tokens, scores, score });
    this.#complete.sort((a, b) => b.score - a.score).splice(beams);
  }

  /** Whether no open text can become one of the best any more, as far as that can be said. */
  #isDone(best: Beam): boolean {
    const { beams, lengthPenalty, earlyStopping, tokens: most } = this.#options;
    if (this.#complete.length < beams) return false;
    if (earlyStopping === true) return true;
    const length = earlyStopping === "never" && lengthPenalty > 0 ? most : best.tokens.length;
    return best.sum / length ** lengthPenalty <= this.#complete[beams - 1].score;
  }

  results(): Continuation[] {
    return this.#complete.slice(0, this.#options.samples);
  }
}

export const beam: Strategy = {
  name: "beam",
  check({ beams = 4, samples, lengthPenalty = 1 }) {
    if (!Number.isInteger(beams) || beams < 1) {
      throw new RangeError(`generate: beams is ${beams}, it has to be a whole number from 1`);
    }
    if (samples > beams)
      throw new RangeError(`generate: samples is ${samples}, of ${beams} beams as many come out at most`);
    if (!Number.isFinite(lengthPenalty)) throw new RangeError(`generate: lengthPenalty is ${lengthPenalty}, no number`);
  },
  search: (prompt, options) => new BeamSearch(prompt, options),
};
