import { concat, manualSeed, noGrad, type Tensor, tensor } from "@lectern/autograd";
import { GPT, Module, parameter } from "@lectern/nn";
import { describe, expect, it } from "vitest";
import { weightsOf } from "../src/generation/sampling.ts";
import {
  CharTokenizer,
  type ExplainedBeams,
  type ExplainedChoice,
  generateScored,
  generateTexts,
  generateTokens,
  type SamplingOptions,
} from "../src/index.ts";
import { readFixture } from "./helpers.ts";

interface Setting {
  readonly beams: number;
  readonly lengthPenalty: number;
  readonly earlyStopping: boolean | "never";
  readonly repetitionPenalty: number;
}

/** What transformers' generate and its filters give (fixtures/make_generation.py). */
const theirs = readFixture<{
  vocabulary: number;
  end: number;
  table: number[];
  prompts: number[][];
  cases: (Setting & { results: { tokens: number[]; score?: number }[][] })[];
  logits: number[][];
  text: number[];
  filters: { name: string; options: SamplingOptions; probabilities: number[][] }[];
}>("generation.json");

/** The logits of the next token depend on the last two; before the first stands token 0. */
class Trigrams extends Module {
  readonly table: Tensor;
  readonly vocabulary: number;

  constructor(table: number[], vocabulary: number) {
    super();
    this.vocabulary = vocabulary;
    this.table = parameter(tensor(table).reshape(vocabulary * vocabulary, vocabulary));
  }

  forward(tokens: Tensor): Tensor {
    const [batch, time] = tokens.shape;
    const before = concat([tokens.slice(1, 0, 1).mul(0), tokens.slice(1, 0, time - 1)], 1);
    const pairs = before
      .mul(this.vocabulary)
      .add(tokens)
      .reshape(batch * time);
    return this.table.indexSelect(0, pairs).reshape(batch, time, this.vocabulary);
  }
}

const trigrams = new Trigrams(theirs.table, theirs.vocabulary);

describe("the same as transformers' generate", () => {
  const name = ({ beams, lengthPenalty, earlyStopping, repetitionPenalty }: Setting) =>
    `${beams} beams, length penalty ${lengthPenalty}, early stopping ${earlyStopping}, repetition penalty ${repetitionPenalty}`;

  it.each(theirs.cases.map((setting) => [name(setting), setting] as const))(
    "%s",
    async (_, { results, ...setting }) => {
      const samples = Math.min(2, setting.beams);
      const strategy = setting.beams === 1 ? "greedy" : "beam";
      const options = { ...setting, strategy, samples, tokens: 8, stop: theirs.end };
      const found = await generateScored(trigrams, theirs.prompts, options);
      for (const [i, continuations] of found.entries()) {
        expect(continuations.map(({ tokens }) => tokens)).toEqual(results[i].map(({ tokens }) => tokens));
        for (const [j, { score }] of results[i].entries()) {
          if (score !== undefined) expect(continuations[j].score).toBeCloseTo(score, 4);
        }
      }
    },
  );
});

describe("the filters leave the probabilities that transformers' leave", () => {
  it.each(theirs.filters.map((entry) => [entry.name, entry] as const))("%s", (_, { options, probabilities }) => {
    for (const [i, logits] of theirs.logits.entries()) {
      const weights = weightsOf(logits, options, theirs.text);
      const total = weights.reduce((a, b) => a + b, 0);
      for (const [token, p] of probabilities[i].entries()) expect(weights[token] / total).toBeCloseTo(p, 6);
    }
  });

  it("also where the vocabulary is large and a few tokens are not enough", () => {
    const logits = Float64Array.from({ length: 5000 }, (_, i) => Math.sin(i) * 0.1);
    for (const topP of [0.01, 0.5, 0.9]) {
      const weights = weightsOf(logits, { topP });
      const sorted = [...logits].map(Math.exp).sort((a, b) => b - a);
      const total = sorted.reduce((a, b) => a + b, 0);
      let [sum, count] = [0, 0];
      while (sum < topP * total) sum += sorted[count++];
      expect(weights.filter((weight) => weight > 0).length).toBe(count);
    }
    const four = weightsOf(logits, { topK: 4 });
    expect(four.filter((weight) => weight > 0).length).toBe(4);
  });
});

describe("beam search", () => {
  /** Every text of a length, with its log probability. */
  function all(prompt: number[], length: number): { tokens: number[]; sum: number }[] {
    let texts = [{ tokens: [] as number[], sum: 0 }];
    const V = theirs.vocabulary;
    for (let i = 0; i < length; i++) {
      texts = texts.flatMap(({ tokens, sum }) => {
        const [before, last] = [0, ...prompt, ...tokens].slice(-2);
        const row = theirs.table.slice((before * V + last) * V, (before * V + last + 1) * V);
        const total = Math.log(row.reduce((a, logit) => a + Math.exp(logit), 0));
        return row.map((logit, token) => ({ tokens: [...tokens, token], sum: sum + logit - total }));
      });
    }
    return texts.sort((a, b) => b.sum - a.sum);
  }

  it("finds what looking at every text finds, where it has enough beams", async () => {
    for (const prompt of theirs.prompts.slice(0, 4)) {
      const options = { tokens: 3, strategy: "beam", beams: 81, samples: 5, lengthPenalty: 0 };
      const [found] = await generateScored(trigrams, [prompt], options);
      const wanted = all(prompt, 3).slice(0, 5);
      expect(found.map(({ tokens }) => tokens)).toEqual(wanted.map(({ tokens }) => tokens));
      for (const [i, { score, scores }] of found.entries()) {
        expect(score).toBeCloseTo(wanted[i].sum, 4);
        expect(scores!.reduce((a, b) => a + b, 0)).toBeCloseTo(wanted[i].sum, 4);
      }
    }
  });

  it("gives with a cache, whose rows it exchanges, what it gives without, for prompts of any length together", async () => {
    manualSeed(4);
    const model = new GPT({ vocabulary: 11, layers: 2, heads: 2, width: 16, context: 24 });
    noGrad(() => {
      for (const weight of model.parameters()) if (weight.rank === 2) weight.mul_(6);
    });
    class Uncached extends Module {
      readonly options = { context: 24 };
      readonly inner = model;
      forward(tokens: Tensor): Tensor {
        return this.inner.forward(tokens);
      }
    }
    const prompts = [[1, 2, 3], [7], [10, 9, 8, 7, 6, 5]];
    const options = { tokens: 12, strategy: "beam", beams: 5, samples: 5, stop: 4 };
    const cached = await generateScored(model, prompts, options);
    const plain = await generateScored(new Uncached(), prompts, options);
    for (const [i, continuations] of cached.entries()) {
      expect(continuations.map(({ tokens }) => tokens)).toEqual(plain[i].map(({ tokens }) => tokens));
      const [alone] = await generateScored(model, [prompts[i]], options);
      expect(alone.map(({ tokens }) => tokens)).toEqual(continuations.map(({ tokens }) => tokens));
    }
  });

  it("ends texts at strings to stop at, and tells a text when it is certain", async () => {
    const tokenizer = CharTokenizer.from("abcdefghi");
    const told = ["", ""];
    const options = { tokens: 20, strategy: "beam", beams: 4, samples: 2, stop: ["bc", "hi", "ga"] };
    const texts = await generateTexts(trigrams, tokenizer, ["de"], {
      ...options,
      onToken: (piece, i) => (told[i] += piece),
    });
    for (const text of texts) expect(text).not.toMatch(/bc|hi|ga/);
    expect(told.map((piece) => `de${piece}`)).toEqual(texts);
  });

  it.each([
    [{ beams: 0 }, "generate: beams is 0, it has to be a whole number from 1"],
    [{ beams: 2, samples: 3 }, "generate: samples is 3, of 2 beams as many come out at most"],
    [{ lengthPenalty: Number.NaN }, "generate: lengthPenalty is NaN"],
    [{ minP: 2 }, "generate: minP is 2, it lies between 0 and 1"],
    [{ repetitionPenalty: 0 }, "generate: repetitionPenalty is 0, it has to be above 0"],
  ])("refuses %o", async (options, message) => {
    await expect(generateTokens(trigrams, [[1]], { tokens: 1, strategy: "beam", ...options })).rejects.toThrow(message);
  });
});

describe("what is told of each choice", () => {
  it("are the likeliest tokens, what each filter took away, and the token", async () => {
    const steps: ExplainedChoice[] = [];
    const options = { tokens: 5, samples: 2, seed: 1, topK: 4, topP: 0.8, explained: 9 };
    const rows = await generateTokens(trigrams, [[1, 2]], {
      ...options,
      onExplain: (step) => {
        if ("chosen" in step) steps.push(step);
      },
    });
    expect(steps.length).toBe(10);
    for (const row of [0, 1]) {
      expect(steps.filter((step) => step.row === row).map(({ chosen }) => chosen)).toEqual(rows[row].slice(2));
    }
    for (const { candidates, filters, chosen } of steps) {
      expect(filters.map(({ name }) => name)).toEqual(["topK", "topP"]);
      expect(filters[0].left).toBe(4);
      expect(candidates.filter(({ filtered }) => filtered > 0).length).toBe(filters[1].left);
      expect(candidates.reduce((sum, { filtered }) => sum + filtered, 0)).toBeCloseTo(1, 10);
      expect(candidates.reduce((sum, { probability }) => sum + probability, 0)).toBeCloseTo(1, 10);
      expect(candidates.filter(({ removedBy }) => removedBy === "topK").length).toBe(5);
      expect(candidates.find(({ token }) => token === chosen)!.filtered).toBeGreaterThan(0);
      const kept = candidates.slice(0, 4).reduce((sum, { probability }) => sum + probability, 0);
      expect(filters[0].share).toBeCloseTo(kept, 10);
    }
  });

  it("are the beams, each with the one it goes on from", async () => {
    const steps: ExplainedBeams[] = [];
    const [found] = await generateTokens(trigrams, [[1, 2]], {
      ...{ tokens: 4, strategy: "beam", beams: 3 },
      onExplain: (step) => {
        if ("beams" in step) steps.push(step);
      },
    });
    // From the text that was found back to its beginning.
    let row = steps[3].beams.findIndex(({ token, ended }) => ended && token === found.at(-1));
    for (const [i, { beams }] of [...steps.entries()].reverse()) {
      expect(beams[row].token).toBe(found[2 + i]);
      row = beams[row].row;
    }
    expect(steps.length).toBe(4);
  });
});
