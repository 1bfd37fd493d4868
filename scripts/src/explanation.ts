import { noGrad, type Tensor, tensor } from "@lectern/autograd";
import type { GPT } from "@lectern/nn";
import type { BeamStep, ExplainedBeams, ExplainedChoice, Tokenizer } from "@lectern/train";
import { type Output, percent, table } from "./output.ts";
import { shownToken } from "./tokenizers.ts";

/** Shows how each token was chosen, or how beams went on: a table for people, everything for programs. */
export function explainTo(out: Output, tokenizer: Tokenizer): (step: ExplainedChoice | ExplainedBeams) => void {
  const piece = (token: number) => shownToken(tokenizer, token);
  let number = 0;
  return (step) => {
    number++;
    out.event("explain", { step: number, ...withPieces(step, piece) });
    if (!out.json)
      out.say(`\nstep ${number}\n${"beams" in step ? beamTable(step.beams, piece) : choiceTable(step, piece)}`);
  };
}

function withPieces(step: ExplainedChoice | ExplainedBeams, piece: (token: number) => string): object {
  const named = <T extends { readonly token: number }>(list: readonly T[]) =>
    list.map((entry) => ({ ...entry, piece: piece(entry.token) }));
  if ("beams" in step) return { ...step, beams: named(step.beams) };
  return { ...step, candidates: named(step.candidates), piece: piece(step.chosen) };
}

function choiceTable({ candidates, filters, chosen }: ExplainedChoice, piece: (token: number) => string): string {
  const rows = candidates.map(({ token, probability, filtered, removedBy }) => [
    token === chosen ? ">" : "",
    piece(token),
    percent(probability),
    removedBy === undefined ? percent(filtered) : `left out by ${removedBy}`,
  ]);
  // What was drawn may be less likely than all that are shown.
  if (!candidates.some(({ token }) => token === chosen)) rows.push([">", piece(chosen), "", ""]);
  const lines = filters.map(
    ({ name, left, share }) => `${name} leaves ${left} tokens, ${percent(share)} of the probability`,
  );
  return [table([["", "token", "model", "filtered"], ...rows]), ...lines].join("\n");
}

function beamTable(beams: readonly BeamStep[], piece: (token: number) => string): string {
  const rows = beams.map(({ row, token, sum, ended }, i) => [
    `${i + 1}`,
    `${row + 1}`,
    piece(token),
    sum.toFixed(3),
    ended ? "complete" : "",
  ]);
  return table([["beam", "from", "token", "log probability", ""], ...rows]);
}

/** Who attends to whom in the finished text, for a page to draw: each layer's heads, rows of queries. Programs alone get it. */
export async function tellAttention(out: Output, model: GPT, tokens: Int32Array): Promise<void> {
  if (!out.json) return;
  const seen = tokens.subarray(-model.options.context);
  const input = tensor(seen, { shape: [1, seen.length], device: model.tokens.weight.device });
  const layers: Tensor[] = noGrad(() => model.attentionWeights(input));
  const attention = await Promise.all(layers.map(async (weights) => weights.select(0, 0).array()));
  out.event("attention", { tokens: [...seen], layers: attention });
}
