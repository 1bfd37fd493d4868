/**
 * From probabilities to a text: take the likeliest token each time, follow several texts and keep the likeliest, or draw. The
 * likeliest text repeats itself; how much chance is let in is what the temperature says.
 */
import { noGrad, scope, tensor } from "@lectern/autograd";
import type { GPT } from "@lectern/nn";
import { type ExplainedBeams, type ExplainedChoice, generateTokens, type Tokenizer } from "@lectern/train";
import { above } from "../src/lecture/claims.ts";
import { defineExperiment } from "../src/lecture/experiment.ts";
import { readyModel } from "../src/lecture/readyModel.ts";
import { bars, lines, type TreeNode, tableOf, tree } from "../src/report/figures.ts";
import { texts } from "./texts/decoding.ts";

// #region settings
const settings = {
  full: {
    /** A model by its name, or the folder of one; "gpt2" and "rugpt3-small" are fetched when they are first used. */
    model: "moby-small",
    prompts: ["The whale", "It was a", "Captain Ahab", "The sea", "When the ship", "He looked at"],
    tokens: 60,
    temperatures: [0.2, 0.5, 0.8, 1, 1.3, 1.6],
    beams: [2, 4, 8],
    /** The tree of beams: so wide, and so many tokens deep. */
    tree: { beams: 3, tokens: 6 },
    samples: 4,
  },
  quick: { tokens: 40, samples: 2 },
  smallest: { prompts: ["The whale", "The sea", "He looked at"], temperatures: [0.2, 1, 1.6], beams: [4] },
};
// #endregion

interface Written {
  readonly prompt: readonly number[];
  readonly added: readonly number[];
}

// #region measures
/** How likely the model finds what was added: the mean log probability of a token, whatever way it was chosen. */
function likelihood(model: GPT, { prompt, added }: Written): number {
  const tokens = [...prompt, ...added];
  return scope(() =>
    noGrad(() => {
      const wanted = tensor([[...tokens.slice(1)]], { dtype: "int32" });
      const scores = model.forward(tensor([tokens.slice(0, -1)], { dtype: "int32" })).logSoftmax(-1);
      const chosen = scores.gather(2, wanted.unsqueeze(-1)).slice(1, prompt.length - 1);
      return chosen.mean().itemSync();
    }),
  );
}

const ngrams = (tokens: readonly number[], n: number): string[] =>
  tokens.slice(n - 1).map((_, i) => tokens.slice(i, i + n).join(" "));

/** The share of a text's triples of tokens that were there before. */
const repetition = ({ added }: Written): number => {
  const triples = ngrams(added, 3);
  return 1 - new Set(triples).size / triples.length;
};

/** The share of different pairs of tokens in all texts together. */
const diversity = (written: readonly Written[]): number => {
  const pairs = written.flatMap(({ added }) => ngrams(added, 2));
  return new Set(pairs).size / pairs.length;
};
// #endregion

const mean = (numbers: readonly number[]) => numbers.reduce((sum, x) => sum + x, 0) / numbers.length;

// #region tree
/** Every beam that was followed, as a tree of tokens; strong is the way to the text that came out. */
async function beamTree(model: GPT, tokenizer: Tokenizer, prompt: string, options: { beams: number; tokens: number }) {
  const start = [...tokenizer.encode(prompt)];
  const nodes: (TreeNode & { added: number[]; sum: number })[] = [
    { id: "0", label: prompt, added: [], sum: 0, strong: true },
  ];
  let open = nodes;
  const onExplain = (step: ExplainedBeams | ExplainedChoice) => {
    if (!("beams" in step)) return;
    const grown = step.beams.map(({ row, token, sum, ended }, i) => {
      const parent = open[row];
      const node = { id: `${parent.added.length + 1}.${i}`, parent: parent.id, label: tokenizer.decode([token]) };
      return { ...node, added: [...parent.added, token], sum, ended };
    });
    nodes.push(...grown.map(({ ended, ...node }) => node));
    open = grown.filter(({ ended }) => !ended);
  };
  const [best] = await generateTokens(model, [start], { ...options, strategy: "beam", onExplain });
  const chosen = best.slice(start.length);
  return nodes.map(({ added, ...node }) => ({ ...node, strong: added.every((token, i) => token === chosen[i]) }));
}
// #endregion

export const experiment = defineExperiment({
  id: "decoding",
  texts,
  settings,

  async run({ settings, seed, progress }) {
    const { prompts, tokens, temperatures, beams, samples } = settings;
    const { model, tokenizer } = await readyModel(settings.model);
    const starts = prompts.map((prompt) => [...tokenizer.encode(prompt)]);
    const ways = [
      { way: "greedy" as const, value: 1, options: { strategy: "greedy" } },
      ...beams.map((value) => ({ way: "beam" as const, value, options: { strategy: "beam", beams: value } })),
      ...temperatures.map((value) => ({
        way: "sample" as const,
        value,
        options: { temperature: value, samples, seed },
      })),
    ];
    const found = [];
    for (const [i, { way, value, options }] of ways.entries()) {
      const rows = await generateTokens(model, starts, { tokens, ...options });
      const each = rows.length / starts.length;
      const written = rows.map((row, at) => {
        const prompt = starts[Math.floor(at / each)];
        return { prompt, added: row.slice(prompt.length) };
      });
      found.push({
        ...{ way, value },
        likelihood: mean(written.map((text) => likelihood(model, text))),
        repetition: mean(written.map(repetition)),
        diversity: diversity(written),
        text: tokenizer.decode(rows[0]),
      });
      progress(i + 1, ways.length);
    }
    return { found, tree: await beamTree(model, tokenizer, prompts[0], settings.tree) };
  },

  // #region claims
  claims: {
    likeliest({ found }) {
      const beams = found.filter(({ way }) => way === "beam");
      return above(beams[beams.length - 1].likelihood, greedyOf(found).likelihood + 0.01);
    },
    repeats: ({ found }) => above(greedyOf(found).repetition, warmest(found).repetition + 0.1),
    diverse({ found }) {
      const [coldest] = found.filter(({ way }) => way === "sample");
      return above(warmest(found).diversity, coldest.diversity + 0.1);
    },
  },
  // #endregion
  breaks: {
    likeliest: { beams: [1], temperatures: [1] },
    repeats: { temperatures: [0.01], beams: [1] },
    diverse: { temperatures: [1], beams: [1] },
  },

  figures({ data: { found, tree: nodes }, t, number }) {
    const sampled = found.filter(({ way }) => way === "sample");
    const edges = [sampled[0], sampled[sampled.length - 1]].map(({ value }) => value);
    const level = ({ way, value }: (typeof found)[number]) => t.ways[way](number(value));
    const others = found.filter(({ way }) => way !== "sample");
    const named = (measure: "repetition" | "diversity") =>
      found.map((one) => ({ label: level(one), value: one[measure], group: t[measure] }));
    return [
      lines({
        ...t.figures.likelihood,
        id: "likelihood",
        code: "measures",
        x: { label: t.temperature },
        y: { label: t.likelihood },
        series: [
          { name: t.sampled, points: sampled.map((one) => [one.value, one.likelihood] as const) },
          ...others.map((one) => ({
            name: level(one),
            dashed: one.way === "greedy",
            points: edges.map((x) => [x, one.likelihood] as const),
          })),
        ],
      }),
      bars({
        ...t.figures.repetition,
        id: "repetition",
        value: { label: t.share, from: 0, to: 1 },
        decimals: 2,
        bars: [...named("repetition"), ...named("diversity")],
      }),
      tree({
        ...t.figures.tree,
        id: "tree",
        code: "tree",
        nodes: nodes.map(({ sum, ...node }) => ({ ...node, label: shown(node.label), note: number(sum, 1) })),
      }),
      tableOf({
        ...t.figures.texts,
        id: "texts",
        columns: [t.way, t.text],
        rows: found.map((one) => [level(one), one.text.replaceAll(/\s+/g, " ")]),
      }),
    ];
  },
});

interface Found {
  readonly way: "greedy" | "beam" | "sample";
  readonly repetition: number;
  readonly diversity: number;
  readonly likelihood: number;
}

const greedyOf = <F extends Found>(found: readonly F[]): F => found.find(({ way }) => way === "greedy")!;
/** The sample of the highest temperature. */
const warmest = <F extends Found>(found: readonly F[]): F => found.findLast(({ way }) => way === "sample")!;
/** Spaces and line breaks can be seen. */
const shown = (token: string) => token.replaceAll(" ", "␣").replaceAll("\n", "⏎").replaceAll("\r", "");
