/**
 * Attention does not know order; positions tell it. "Does A stand before B?" cannot be answered without them. They are learned,
 * or waves, or turn queries and keys, and differ in what they do beyond the length that was trained.
 */
import { type Device, manualSeed, noGrad, randn, type Tensor } from "@lectern/autograd";
import { PositionalEmbedding, RotaryPositions, SinusoidalEncoding, TransformerClassifier } from "@lectern/nn";
import { AdamW, type BatchSequence, cosine, evaluate, type HostTokens, RandomSource, Trainer } from "@lectern/train";
import { above, atLeast, atMost, below } from "../src/lecture/claims.ts";
import { defineExperiment } from "../src/lecture/experiment.ts";
import { heatMap, lines } from "../src/report/figures.ts";
import { texts } from "./texts/positions.ts";

// #region settings
const settings = {
  full: {
    /** False takes them away from all four models. */
    positions: true,
    length: 12,
    /** How many times as long the sequences are that are asked about. */
    factors: [1, 1.5, 2, 3, 4],
    steps: 800,
    width: 32,
    layers: 1,
    batch: 64,
    tested: 2000,
  },
  quick: { steps: 200, batch: 32, tested: 500 },
  smallest: { factors: [1, 2], length: 6, steps: 100, batch: 64, tested: 400 },
};
// #endregion

const KINDS = ["none", "learned", "sinusoidal", "rotary"] as const;
type Kind = (typeof KINDS)[number];

// #region task
/** Tokens: A, B, and four letters that mean nothing. */
const [A, B, OTHERS, VOCABULARY] = [0, 1, 2, 6];

/** Sequences of one length with an A and a B somewhere; the class is whether A comes first. */
class Orders extends RandomSource {
  readonly batchesPerEpoch = 100;
  readonly #time: number;

  constructor(batch: number, time: number, seed: string) {
    super({ batch, seed });
    this.#time = time;
  }

  protected assemble(number: number): HostTokens {
    const random = this.randomNumbers(number);
    const below = (n: number) => Math.floor(random() * n);
    const [rows, time] = [this.batch, this.#time];
    const inputs = Int32Array.from({ length: rows * time }, () => OTHERS + below(VOCABULARY - OTHERS));
    const targets = Int32Array.from({ length: rows }, (_, row) => {
      const a = below(time);
      const b = (a + 1 + below(time - 1)) % time;
      inputs[row * time + a] = A;
      inputs[row * time + b] = B;
      return Number(a < b);
    });
    return {
      inputs: { data: inputs, shape: [rows, time] },
      targets: { data: targets, shape: [rows] },
      ...{ mask: undefined, count: rows, unit: "sequences" },
    };
  }
}
// #endregion

// #region model
/** One kind of positions makes the difference, and nothing else. */
function classifier(kind: Kind, { width, layers, context }: { width: number; layers: number; context: number }) {
  const positions = kind === "none" ? "learned" : kind;
  const options = { vocabulary: VOCABULARY, classes: 2, layers, heads: 4, width, context, positions };
  const model = new TransformerClassifier(options);
  if (kind === "none") model.positions = undefined;
  return model;
}
// #endregion

/** How alike the vectors of positions are: the cosines between a table's rows. table: [positions, width] */
function likeness(table: Tensor): number[][] {
  const rows = table.div(table.norm(2, 1, { keepDim: true }));
  return rows.matmul(rows.T).arraySync() as number[][];
}

// #region rotary
/** One query and one key, each at every position: the scores of all pairs of places. [queries, keys] */
function turnedScores(time: number, size: number, turned: boolean): number[][] {
  const rotary = new RotaryPositions(time, size);
  const [queries, keys] = [randn([1, size]), randn([1, size])]
    .map((x) => x.expand(time, size))
    .map((x) => (turned ? rotary.forward(x) : x));
  return queries.matmul(keys.T).arraySync() as number[][];
}
// #endregion

/** Of scores by places: how much they differ at one distance, and from distance to distance. */
function spreads(scores: readonly (readonly number[])[]) {
  const time = scores.length;
  const byDistance = Array.from({ length: time }, (_, d) => scores.slice(0, time - d).map((row, i) => row[i + d]));
  const spread = (values: readonly number[]) => Math.max(...values) - Math.min(...values);
  return {
    within: Math.max(...byDistance.map(spread)),
    between: spread(byDistance.map(([first]) => first)),
    scores: byDistance.map(([first]) => first),
  };
}

export const experiment = defineExperiment({
  id: "positions",
  texts,
  settings,

  async run({ settings, seed, progress }) {
    const { positions, length, factors, steps, width, layers, batch, tested } = settings;
    const lengths = factors.map((factor) => Math.round(factor * length));
    const context = Math.max(...lengths);
    const accuracy: Record<string, number[]> = {};
    const tables: Record<string, number[][]> = {};
    for (const [i, kind] of KINDS.entries()) {
      manualSeed(seed);
      const model = classifier(positions ? kind : "none", { width, layers, context });
      const trainer = new Trainer({
        model,
        optimizer: new AdamW(model.parameters(), { lr: 3e-3 }),
        schedule: cosine({ steps, warmup: 20 }),
        callbacks: [{ onStep: ({ step }) => progress(i * steps + step, KINDS.length * steps) }],
        progress: "off",
      });
      await trainer.fit(new Orders(batch, length, `${seed}`), { steps });
      accuracy[kind] = [];
      for (const time of lengths) {
        const test: BatchSequence = {
          *batches(device?: Device) {
            yield new Orders(tested, time, `test ${seed}`).next(device);
          },
        };
        accuracy[kind].push((await evaluate(model, test)).accuracy!);
      }
      if (model.positions instanceof PositionalEmbedding) {
        tables.learned = noGrad(() =>
          likeness((model.positions as PositionalEmbedding).weight.slice(0, 0, 2 * length)),
        );
      }
    }
    tables.sinusoidal = likeness(new SinusoidalEncoding(2 * length, width).table);
    return { lengths, accuracy, tables, rotary: spreads(turnedScores(2 * length, width, positions)) };
  },

  // #region claims
  claims: {
    needed: ({ accuracy }) => [
      atMost(accuracy.none[0], 0.6, "none"),
      ...KINDS.slice(1).map((kind) => atLeast(accuracy[kind][0], 0.9, kind)),
    ],
    beyond({ accuracy: { learned, rotary }, lengths }) {
      const twice = lengths.indexOf(2 * lengths[0]);
      return above(rotary[twice], learned[twice] + 0.1);
    },
    distance: ({ rotary }) => below(100 * rotary.within, rotary.between),
  },
  // #endregion
  breaks: {
    needed: { positions: false },
    beyond: { positions: false },
    distance: { positions: false, steps: 1 },
  },

  figures({ data: { lengths, accuracy, tables, rotary }, t }) {
    const names = tables.sinusoidal.map((_, position) => `${position}`);
    return [
      lines({
        ...t.figures.accuracy,
        id: "accuracy",
        code: "model",
        x: { label: t.length },
        y: { label: t.right, from: 0.3, to: 1 },
        series: KINDS.map((kind) => ({
          name: t.kinds[kind],
          points: lengths.map((length, i) => [length, accuracy[kind][i]] as const),
          dashed: kind === "none",
        })),
      }),
      heatMap({
        ...t.figures.likeness,
        id: "likeness",
        code: "task",
        rows: names,
        columns: names,
        rowLabel: t.position,
        columnLabel: t.position,
        panels: (["learned", "sinusoidal"] as const)
          .filter((kind) => kind in tables)
          .map((kind) => ({ title: t.kinds[kind], values: tables[kind] })),
      }),
      lines({
        ...t.figures.distance,
        id: "distance",
        code: "rotary",
        x: { label: t.distance },
        y: { label: t.score },
        series: [{ name: t.kinds.rotary, points: rotary.scores.map((score, distance) => [distance, score] as const) }],
      }),
    ];
  },
});
