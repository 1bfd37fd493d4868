/** Attention does not know order: permuted inputs give permuted outputs, until positions are added. */
import { noGrad, rand, randn, stack, type Tensor, tensor } from "@lectern/autograd";
import { Embedding, Module, SinusoidalEncoding, TransformerBlock } from "@lectern/nn";
import { atLeast, atMost } from "../src/lecture/claims.ts";
import { defineExperiment } from "../src/lecture/experiment.ts";
import { bars, heatMap } from "../src/report/figures.ts";
import { texts } from "./texts/equivariance.ts";

// #region settings
const settings = {
  full: {
    /** How strongly positions are added in the model that is to have none, and in the one that has them. */
    without: 0,
    withPositions: 1,
    width: 32,
    heads: 4,
    layers: 2,
    /** Random permutations that are tried. */
    permutations: 20,
  },
  quick: { permutations: 5 },
  smallest: { permutations: 2 },
};
// #endregion

const SENTENCES = ["Argentina beat Jamaica 5:0", "Jamaica beat Argentina 5:0"].map((text) => text.split(" "));
const WORDS = [...new Set(SENTENCES.flat())];
/** Positions in the random sequences. */
const TIME = 8;

// #region model
/** Vectors, positions added to them, and blocks in which every position sees every other. */
class Encoder extends Module {
  readonly words: Embedding;
  readonly positions: SinusoidalEncoding;
  readonly blocks: TransformerBlock[];

  constructor({ width, heads, layers }: typeof settings.full) {
    super();
    this.words = new Embedding(WORDS.length, width);
    this.positions = new SinusoidalEncoding(TIME, width);
    this.blocks = Array.from({ length: layers }, () => new TransformerBlock({ width, heads }));
  }

  /** x: [time, width] -> the same. `strength` of the positions: 0 is none. */
  forward(x: Tensor, strength: number): Tensor {
    const placed = x.add(this.positions.table.slice(0, 0, x.shape[0]).mul(strength));
    return this.blocks.reduce((y, block) => block.forward(y), placed.unsqueeze(0)).squeeze(0);
  }

  /** What a sentence comes to: the mean of its outputs. -> [width] */
  represent(sentence: readonly string[], strength: number): Tensor {
    const words = tensor(
      sentence.map((word) => WORDS.indexOf(word)),
      { dtype: "int32" },
    );
    return this.forward(this.words.forward(words), strength).mean(0);
  }
}
// #endregion

// #region permuting
/** How far f(P x) is from P f(x), at most. x: [time, width]; order: what stands in each place then. */
async function distance(encoder: Encoder, x: Tensor, order: readonly number[], strength: number): Promise<number> {
  const rows = tensor([...order], { dtype: "int32", device: x.device });
  const permutedBefore = encoder.forward(x.indexSelect(0, rows), strength);
  const permutedAfter = encoder.forward(x, strength).indexSelect(0, rows);
  return permutedBefore.sub(permutedAfter).abs().max().item();
}
// #endregion

export const experiment = defineExperiment({
  id: "equivariance",
  texts,
  settings,
  async run({ settings, progress }) {
    const { without, withPositions, permutations } = settings;
    const encoder = new Encoder(settings);
    return noGrad(async () => {
      // #region sentences
      const vectors = async (strength: number) =>
        (await stack(SENTENCES.map((sentence) => encoder.represent(sentence, strength))).array()) as number[][];
      const sentences = { without: await vectors(without), with: await vectors(withPositions) };
      // #endregion

      const x = randn([TIME, settings.width]);
      const orders = Array.from({ length: permutations }, () => shuffled(TIME));
      const measured = async (inputs: Tensor, strength: number) => {
        const distances: number[] = [];
        for (const order of orders) distances.push(await distance(encoder, inputs, order, strength));
        return Math.max(...distances);
      };
      const float32 = { without: await measured(x, without), with: await measured(x, withPositions) };
      progress(1, 2);
      // The device that computes in double precision.
      encoder.to("reference");
      const exact = await measured(x.to("reference"), without);
      return { sentences, float32, exact };
    });
  },

  // #region claims
  claims: {
    float32: ({ float32 }) => atMost(float32.without, 1e-5),
    reference: ({ exact }) => atMost(exact, 1e-12),
    same: ({ sentences }) => atMost(farthest(sentences.without), 1e-5),
    told: ({ sentences }) => atLeast(farthest(sentences.with), 1e-2),
  },
  // #endregion
  breaks: {
    float32: { without: 1 },
    reference: { without: 1 },
    same: { without: 1 },
    told: { withPositions: 0 },
  },

  figures({ data: { sentences, float32, exact }, t }) {
    const differences = [sentences.without, sentences.with].map(([one, other]) =>
      one.slice(0, 12).map((value, i) => value - other[i]),
    );
    const numbers = sentences.with[0].slice(0, 12).map((_, i) => `${i + 1}`);
    return [
      heatMap({
        ...t.figures.sentences,
        id: "sentences",
        rows: t.sentences,
        columns: numbers,
        rowLabel: t.sentence,
        columnLabel: t.number,
        panels: [
          { title: t.without, values: sentences.without.map((row) => row.slice(0, 12)) },
          { title: t.with, values: sentences.with.map((row) => row.slice(0, 12)) },
          { title: t.difference, rows: [t.without, t.with], values: differences },
        ],
        code: "model",
      }),
      bars({
        ...t.figures.distances,
        id: "distances",
        value: { label: t.distance, log: true },
        bars: [
          { label: t.exact, value: exact },
          { label: t.float32, value: float32.without },
          { label: t.placed, value: float32.with },
        ],
        code: "permuting",
      }),
    ];
  },
});

/** The numbers below `count` in a random order. */
function shuffled(count: number): number[] {
  const keys = rand([count]).arraySync() as number[];
  return keys.map((_, i) => i).sort((a, b) => keys[a] - keys[b]);
}

/** The largest difference between the numbers of two vectors. */
function farthest([one, other]: readonly (readonly number[])[]): number {
  return Math.max(...one.map((value, i) => Math.abs(value - other[i])));
}
