/**
 * Several heads of attention side by side. "Yesterday Mary gave flowers to Susan": at the verb two things have to be known at
 * once, who gives and who is given to. One head mixes both names into one vector; of several heads each looks at one.
 */
import { type Device, manualSeed, noGrad, type Tensor, tensor } from "@lectern/autograd";
import { Embedding, Linear, Module, MultiHeadAttention, PositionalEmbedding } from "@lectern/nn";
import {
  AdamW,
  type BatchSequence,
  type EvaluationInfo,
  exactMatch,
  type HostTokens,
  RandomSource,
  supervised,
  Trainer,
} from "@lectern/train";
import { above, atLeast } from "../src/lecture/claims.ts";
import { defineExperiment } from "../src/lecture/experiment.ts";
import { heatMap, lines } from "../src/report/figures.ts";
import { texts } from "./texts/multi-head.ts";

// #region settings
const settings = {
  full: { heads: 4, width: 32, lr: 5e-3, steps: 250, batch: 64, tested: 2000 },
  quick: { steps: 150, tested: 400 },
  smallest: { steps: 80, tested: 200 },
};
// #endregion

// #region sentences
const NAMES = "Mary Susan Peter John Anna Boris Clara David Eva Fred Gleb Helen Igor Jane Kira Leo".split(" ");
const GIFTS = ["flowers", "books", "apples", "records"];
const WHENS = ["yesterday", "today", "finally", "happily", "again"];
const WORDS = [".", "gave", "to", ...NAMES, ...GIFTS, ...WHENS];
/** Sentences are filled up with full stops to so many words. */
const LENGTH = 9;

interface Sentence {
  readonly words: readonly string[];
  /** Who gives, and who is given to: numbers of names. */
  readonly roles: readonly [number, number];
}

/** Words of time stand here and there, so that the verb has no place of its own. */
function sentence(random: () => number): Sentence {
  const below = (n: number) => Math.floor(random() * n);
  const when = () => (random() < 0.5 ? [WHENS[below(WHENS.length)]] : []);
  const roles = [below(NAMES.length), below(NAMES.length)] as const;
  const [giver, receiver] = roles.map((name) => NAMES[name]);
  const words = [...when(), ...when(), giver, "gave", ...when(), GIFTS[below(GIFTS.length)], "to", receiver];
  return { words: [...words, ...Array<string>(LENGTH - words.length).fill(".")], roles };
}
// #endregion

/** The one in the picture. */
const SHOWN = ["yesterday", "again", "Mary", "gave", "finally", "flowers", "to", "Susan", "."];
const VERB = WORDS.indexOf("gave");
const [GIVER_AT, VERB_AT, RECEIVER_AT] = [2, 3, 7];

const tokensOf = (sentences: readonly (readonly string[])[]) =>
  Int32Array.from(sentences.flat(), (word) => WORDS.indexOf(word));

/** Sentences without end, and of each the two names that are asked for. */
class Sentences extends RandomSource {
  readonly batchesPerEpoch = 100;

  protected assemble(number: number): HostTokens {
    const random = this.randomNumbers(number);
    const rows = Array.from({ length: this.batch }, () => sentence(random));
    const count = rows.length;
    return {
      inputs: { data: tokensOf(rows.map(({ words }) => words)), shape: [count, LENGTH] },
      targets: { data: Int32Array.from(rows.flatMap(({ roles }) => roles)), shape: [count, 2] },
      ...{ mask: undefined, count, unit: "sentences" },
    };
  }
}

// #region model
/** One layer of attention and nothing else: what the verb has collected says both names. */
class Reader extends Module {
  readonly words: Embedding;
  readonly positions: PositionalEmbedding;
  readonly attention: MultiHeadAttention;
  readonly answer: Linear;

  constructor(width: number, heads: number) {
    super();
    this.words = new Embedding(WORDS.length, width);
    this.positions = new PositionalEmbedding(LENGTH, width);
    this.attention = new MultiHeadAttention({ width, heads });
    this.answer = new Linear(width, 2 * NAMES.length);
  }

  /** words: int32 [batch, time] -> logits [batch, 2, names] */
  forward(words: Tensor): Tensor {
    const collected = this.attention.forward(this.positions.embed(words, this.words));
    const atVerb = words.eq(VERB).float().unsqueeze(-1);
    return this.answer.forward(collected.mul(atVerb).sum(1)).reshape(-1, 2, NAMES.length);
  }

  /** How much the verb attends to each word: [heads][time]. */
  looks(words: readonly string[]): number[][] {
    return noGrad(() => {
      const x = this.positions.embed(tensor([[...tokensOf([words])]], { dtype: "int32" }), this.words);
      return this.attention.attentionWeights(x).select(0, 0).select(1, VERB_AT).arraySync() as number[][];
    });
  }
}
// #endregion

export const experiment = defineExperiment({
  id: "multi-head",
  texts,
  settings,

  async run({ settings, seed, progress }) {
    const { heads, width, lr, steps, batch, tested } = settings;
    const test: BatchSequence = {
      *batches(device?: Device) {
        yield new Sentences({ batch: tested, seed: `test ${seed}` }).next(device);
      },
    };
    const models = [];
    for (const [i, count] of [1, heads].entries()) {
      manualSeed(seed);
      const model = new Reader(width, count);
      const curve: [number, number][] = [[0, 1 / NAMES.length ** 2]];
      const onEvaluate = ({ step, measures }: EvaluationInfo) => {
        curve.push([step, measures.exactMatch]);
        progress(i * steps + step, 2 * steps);
      };
      const trainer = new Trainer({
        model,
        optimizer: new AdamW(model.parameters(), { lr }),
        objective: supervised({ measures: { exactMatch } }),
        callbacks: [{ onEvaluate }],
        ...{ progress: "off", log: () => {} },
      });
      const data = new Sentences({ batch, seed });
      await trainer.fit(data, { steps, validation: test, evaluateEvery: Math.ceil(steps / 10) });
      const parameters = model.parameters().reduce((sum, { size }) => sum + size, 0);
      models.push({ heads: count, parameters, curve, right: curve[curve.length - 1][1], looks: model.looks(SHOWN) });
    }
    const [one, several] = models;
    return { one, several };
  },

  // #region claims
  claims: {
    several: ({ one, several }) => [atLeast(several.right, 0.9), above(several.right, one.right + 0.1)],
    roles({ several }) {
      const preferences = several.looks.map((weights) => weights[GIVER_AT] - weights[RECEIVER_AT]);
      return [above(Math.max(...preferences), 0.3), above(-Math.min(...preferences), 0.3)];
    },
  },
  // #endregion
  breaks: {
    several: { heads: 1 },
    roles: { heads: 1 },
  },

  figures({ data: { one, several }, t }) {
    return [
      lines({
        ...t.figures.curve,
        id: "curve",
        code: "model",
        x: { label: t.step },
        y: { label: t.right, from: 0, to: 1 },
        series: [one, several].map(({ heads, curve }) => ({ name: t.heads(heads), points: curve })),
      }),
      heatMap({
        ...t.figures.looks,
        id: "looks",
        code: "sentences",
        rows: several.looks.map((_, head) => t.head(head + 1)),
        columns: t.sentence,
        rowLabel: t.verb,
        columnLabel: t.word,
        oneScale: true,
        panels: [one, several].map(({ heads, looks }) => ({
          title: t.heads(heads),
          values: looks,
          rows: looks.map((_, head) => t.head(head + 1)),
        })),
      }),
    ];
  },
});
