import { type Filter, maximum } from "./filters.ts";
import { logProbabilities } from "./sampling.ts";

/** How a token was chosen, or, with beam search, how beams went on. */
export type Explanation = ExplainedChoice | ExplainedBeams;

/** What the model held likely for one token, and what was taken. */
export interface ExplainedChoice {
  /** The continuation, counted over all prompts. */
  readonly row: number;
  /** The likeliest tokens by the model, with their probabilities, and what the filters left of them. */
  readonly candidates: readonly {
    readonly token: number;
    readonly probability: number;
    /** After the last filter: 0 where one has left the token out. */
    readonly filtered: number;
    /** The filter that left it out. */
    readonly removedBy?: string;
  }[];
  /** How many tokens each filter left, and which share of the probability before it. */
  readonly filters: readonly { readonly name: string; readonly left: number; readonly share: number }[];
  readonly chosen: number;
}

/** What a step of beam search has kept. */
export interface ExplainedBeams {
  /** The prompt. */
  readonly prompt: number;
  /** The beams that there are from now on, and texts that are complete: each with the beam it goes on from. */
  readonly beams: readonly BeamStep[];
}

/** A beam that has got one token longer. */
export interface BeamStep {
  readonly row: number;
  readonly token: number;
  /** The sum of log probabilities. */
  readonly sum: number;
  readonly ended: boolean;
}

/** Begins the explanation of a choice: hears of each filter, and of the token. */
export type Explain = (
  logits: ArrayLike<number>,
  sample: number,
) => { after(filter: Filter, scores: Float64Array): void; chosen(token: number): void };

/** @param count how many of the likeliest tokens are told. */
export function explainer(
  count: number,
  rowOf: (sample: number) => number,
  tell: (step: ExplainedChoice) => void,
): Explain {
  return (logits, sample) => {
    const before = logProbabilities(logits).map(Math.exp);
    const top = [...before.keys()].sort((a, b) => before[b] - before[a]).slice(0, count);
    const removed = new Map<number, string>();
    const filters: { name: string; left: number; share: number }[] = [];
    let now: Float64Array<ArrayBufferLike> = before;
    return {
      after(filter, scores) {
        const next = probabilitiesOf(scores);
        let [left, share] = [0, 0];
        for (let token = 0; token < next.length; token++) {
          if (next[token] > 0) {
            left++;
            share += now[token];
          } else if (!removed.has(token)) removed.set(token, filter.name);
        }
        filters.push({ name: filter.name, left, share });
        now = next;
      },
      chosen(token) {
        const candidates = top.map((candidate) => ({
          token: candidate,
          probability: before[candidate],
          filtered: now[candidate],
          removedBy: removed.get(candidate),
        }));
        tell({ row: rowOf(sample), candidates, filters, chosen: token });
      },
    };
  };
}

function probabilitiesOf(scores: Float64Array): Float64Array {
  const largest = maximum(scores);
  const weights = scores.map((score) => Math.exp(score - largest));
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  return weights.map((weight) => weight / total);
}
