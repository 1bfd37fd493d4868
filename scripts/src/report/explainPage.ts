import { writeFile } from "node:fs/promises";
import { GPT } from "@lectern/nn";
import type { BeamStep, ExplainedBeams, ExplainedChoice, OpenedRun, Tokenizer } from "@lectern/train";
import { attentionFigure, labelOf } from "../tasks/pictures.ts";
import { openCanvas } from "./draw/canvas.ts";
import { type Figure, type TreeNode, tableOf, tree } from "./figures.ts";
import { html } from "./html.ts";
import { type Language, type NumberFormat, numbersIn } from "./language.ts";
import { figureSection, page } from "./page.ts";
import { runWords } from "./runWords.ts";

type Step = ExplainedChoice | ExplainedBeams;

/** A text that was generated, and how. */
export interface Explained {
  readonly run: OpenedRun;
  readonly tokenizer: Tokenizer;
  readonly prompt: string;
  /** The best text: the prompt and what was added to it, and the tokens that were added. */
  readonly text: string;
  readonly added: readonly number[];
  readonly steps: readonly Step[];
}

/** Writes a page that shows how a text came about: the tree of beams or the choices, and who attended to whom. */
export async function writeExplanation(file: string, explained: Explained, language: Language): Promise<void> {
  const { run, tokenizer, prompt, text, added, steps } = explained;
  const t = runWords[language];
  const canvas = await openCanvas(numbersIn(language));
  const figures: Figure[] = [howChosen(steps, explained, language, canvas.number)];
  if (run.model instanceof GPT) {
    const tokens = Int32Array.from([...tokenizer.encode(prompt), ...added]);
    figures.push(await attentionFigure(run.model, tokenizer, tokens, language));
  }
  const body = [
    html`<h1>${t.explained}</h1><pre><code>${text}</code></pre>`,
    ...figures.map((figure) => figureSection(canvas, figure, language)),
  ];
  await writeFile(file, page({ title: t.explained, language, body }));
}

function howChosen(steps: readonly Step[], explained: Explained, language: Language, number: NumberFormat): Figure {
  const beams = steps.flatMap((step) => ("beams" in step ? [step.beams] : []));
  const t = runWords[language];
  if (beams.length > 0) return tree({ ...t.beams, id: "beams", nodes: beamTree(beams, explained, number) });
  const choices = steps.flatMap((step) => ("beams" in step ? [] : [step]));
  const piece = (token: number) => labelOf(explained.tokenizer, token);
  return tableOf({
    ...t.choices,
    id: "choices",
    columns: [t.step, t.token, t.probability, t.filtered, ""],
    rows: choices.flatMap(({ candidates, chosen }, step) =>
      candidates.map(({ token, probability, filtered, removedBy }, i) => [
        i === 0 ? step + 1 : "",
        piece(token),
        probability,
        removedBy === undefined ? (filtered ?? "") : t.leftOut(removedBy),
        token === chosen ? t.chosen : "",
      ]),
    ),
  });
}

/** So many tokens are drawn of a long text. */
const MOST_STEPS = 30;

function beamTree(
  steps: readonly (readonly BeamStep[])[],
  { prompt, added, tokenizer }: Explained,
  number: NumberFormat,
): TreeNode[] {
  interface Open {
    readonly id: string;
    readonly tokens: readonly number[];
  }
  const nodes: TreeNode[] = [{ id: "prompt", label: shortened(prompt), strong: true }];
  // A step's beams go on from those of the step before that have not ended.
  let open: Open[] = [{ id: "prompt", tokens: [] }];
  for (const [step, beams] of steps.slice(0, MOST_STEPS).entries()) {
    const next: Open[] = [];
    for (const [i, { row, token, sum, ended }] of beams.entries()) {
      const node = { id: `${step}-${i}`, tokens: [...open[row].tokens, token] };
      const strong = node.tokens.every((one, at) => one === added[at]);
      nodes.push({
        id: node.id,
        parent: open[row].id,
        label: labelOf(tokenizer, token),
        note: number(sum, 2),
        strong,
      });
      if (!ended) next.push(node);
    }
    open = next;
  }
  return nodes;
}

const shortened = (text: string) => (text.length <= 16 ? text : `…${text.slice(-15)}`).replaceAll("\n", "⏎");
