/**
 * What holds a deep transformer together: how much of the gradient arrives at the first of many blocks, with and without residual
 * connections and norms; and where the norm should stand.
 */
import { INTEGER, manualSeed, randn, random, type Tensor } from "@lectern/autograd";
import {
  Embedding,
  FeedForward,
  LayerNorm,
  Linear,
  Module,
  MultiHeadAttention,
  PositionalEmbedding,
  TransformerBlock,
} from "@lectern/nn";
import { AdamW, constant, DataLoader, stack, Trainer } from "@lectern/train";
import { above, below } from "../src/lecture/claims.ts";
import { defineExperiment } from "../src/lecture/experiment.ts";
import { lines } from "../src/report/figures.ts";
import { texts } from "./texts/transformer-block.ts";

type Placement = "pre" | "post";

// #region settings
const settings = {
  full: {
    /** Take these out of the block, and see what is left of the gradient. */
    residual: true,
    norm: true,
    depths: [2, 4, 8, 12, 16, 20, 24],
    width: 32,
    heads: 4,
    time: 16,
    batch: 16,
    /** Where the norm stands in the networks that learn: before each part, or behind the sum. */
    placed: ["pre", "post"] as Placement[],
    /** How many blocks they have, and how they learn. */
    layers: 6,
    steps: 400,
    lr: 0.01,
    /** Steps until the full learning rate. */
    warmup: 100,
  },
  quick: { depths: [2, 6, 12, 24], batch: 8, steps: 150, warmup: 50 },
  smallest: { depths: [2, 12], batch: 4, time: 6, layers: 4, steps: 60, warmup: 30 },
};
// #endregion

type Settings = typeof settings.full;

// #region block
/** Attention, then a small network; each may have a norm before it and a way around it. x: [batch, time, width] -> the same. */
class Block extends Module {
  readonly attention: MultiHeadAttention;
  readonly mlp: FeedForward;
  readonly norm1: LayerNorm | undefined;
  readonly norm2: LayerNorm | undefined;
  readonly residual: boolean;

  constructor({ width, heads, residual, norm }: Pick<Settings, "width" | "heads" | "residual" | "norm">) {
    super();
    this.attention = new MultiHeadAttention({ width, heads });
    this.mlp = new FeedForward(width);
    if (norm) [this.norm1, this.norm2] = [new LayerNorm(width), new LayerNorm(width)];
    this.residual = residual;
  }

  forward(x: Tensor): Tensor {
    const attended = this.attention.forward(this.norm1?.forward(x) ?? x);
    x = this.residual ? x.add(attended) : attended;
    const changed = this.mlp.forward(this.norm2?.forward(x) ?? x);
    return this.residual ? x.add(changed) : changed;
  }
}
// #endregion

/** What becomes of a gradient, and of differences between positions, in a stack of blocks. */
interface Passed {
  readonly depth: number;
  /** How long the gradient at the first block's input is, for one of length 1 behind the last block. */
  readonly gradient: number;
  /** The mean cosine between two positions' vectors behind the last block: 1 where all positions say the same. */
  readonly alike: number;
}

// #region pass
async function pass(depth: number, settings: Settings): Promise<Passed> {
  const { batch, time, width } = settings;
  const blocks = Array.from({ length: depth }, () => new Block(settings));
  const x = randn([batch, time, width], { requiresGrad: true });
  const y = blocks.reduce((value, block) => block.forward(value), x);
  const direction = randn(y.shape);
  y.mul(direction).sum().backward();
  const gradient = lengthOf(await x.grad!.data()) / lengthOf(await direction.data());
  return { depth, gradient, alike: await meanCosine(y.detach()) };
}
// #endregion

/** In double precision: the squares of what arrives are too small for float32. */
const lengthOf = (values: ArrayLike<number>): number => Math.hypot(...Array.from(values));

/** x: [batch, time, width] -> the mean cosine between vectors of one sequence. */
function meanCosine(x: Tensor): Promise<number> {
  const time = x.shape[1];
  // Scaled first, for the same reason.
  const scaled = x.div(x.abs().max().clamp(Number.MIN_VALUE));
  const unit = scaled.div(scaled.square().sum(-1, { keepDim: true }).sqrt());
  const sum = unit.matmul(unit.transpose(1, 2)).mean(0).sum();
  return sum
    .sub(time)
    .div(time * (time - 1))
    .item();
}

const VOCABULARY = 10;

/** Writes a sequence of digits backwards. tokens: int32 [batch, time] -> logits [batch, time, 10] */
class Reverser extends Module {
  readonly tokens: Embedding;
  readonly positions: PositionalEmbedding;
  readonly blocks: TransformerBlock[];
  readonly norm: LayerNorm | undefined;
  readonly head: Linear;

  constructor({ width, heads, time, layers }: Settings, norm: Placement) {
    super();
    this.tokens = new Embedding(VOCABULARY, width);
    this.positions = new PositionalEmbedding(time, width);
    this.blocks = Array.from({ length: layers }, () => new TransformerBlock({ width, heads, norm }));
    if (norm === "pre") this.norm = new LayerNorm(width);
    this.head = new Linear(width, VOCABULARY);
  }

  forward(tokens: Tensor): Tensor {
    let x = this.positions.embed(tokens, this.tokens);
    for (const block of this.blocks) x = block.forward(x);
    return this.head.forward(this.norm?.forward(x) ?? x);
  }
}

/** The losses of a training on sequences of random digits. */
async function learn(
  model: Reverser,
  { time, batch, steps, lr, warmup }: Settings,
  seed: number,
  onStep: (step: number) => void,
): Promise<number[]> {
  const digits = () => Array.from({ length: time }, () => Math.floor(VOCABULARY * random()));
  const examples = Array.from({ length: 50 * batch }, digits).map((inputs) => ({
    inputs,
    targets: inputs.toReversed(),
  }));
  const tokens = { dtype: INTEGER, shape: [time] };
  const collate = stack({ inputs: tokens, targets: tokens });
  const losses: number[] = [];
  // #region warmup
  const trainer = new Trainer({
    model,
    optimizer: new AdamW(model.parameters(), { lr }),
    schedule: constant({ warmup }),
    clip: Number.POSITIVE_INFINITY,
    callbacks: [
      {
        onStep: ({ loss, step }) => {
          losses.push(loss);
          onStep(step);
        },
      },
    ],
    progress: "off",
  });
  // #endregion
  await trainer.fit(new DataLoader(examples, { batch, collate, seed }), { steps });
  return losses;
}

/** The blocks that are compared, by what they have. */
const KINDS = [
  { kind: "both", residual: true, norm: true },
  { kind: "residual", residual: true, norm: false },
  { kind: "norm", residual: false, norm: true },
  { kind: "neither", residual: false, norm: false },
] as const;
type Kind = (typeof KINDS)[number]["kind"];

export const experiment = defineExperiment({
  id: "transformer-block",
  texts,
  settings,

  async run({ settings, seed, progress }) {
    const { depths, steps } = settings;
    const passed: (Passed & { kind: Kind })[] = [];
    for (const { kind, residual, norm } of KINDS) {
      const parts = { residual: residual && settings.residual, norm: norm && settings.norm };
      for (const depth of depths) passed.push({ kind, ...(await pass(depth, { ...settings, ...parts })) });
    }
    const plans = settings.placed.flatMap((norm) => [0, settings.warmup].map((warmup) => ({ norm, warmup })));
    const trainings: { norm: Placement; warmup: number; losses: number[] }[] = [];
    for (const [i, { norm, warmup }] of plans.entries()) {
      manualSeed(seed); // all of them begin alike
      const onStep = (step: number) => progress(i * steps + step, plans.length * steps);
      const losses = await learn(new Reverser(settings, norm), { ...settings, warmup }, seed, onStep);
      trainings.push({ norm, warmup, losses });
    }
    return { passed, trainings };
  },

  // #region claims
  claims: {
    residual: ({ passed }) => above(deepest(passed, "residual").gradient, 1e6 * deepest(passed, "neither").gradient),
    norm: ({ passed }) => above(deepest(passed, "norm").gradient, 1e6 * deepest(passed, "neither").gradient),
    alike: ({ passed }) => below(deepest(passed, "both").alike, deepest(passed, "norm").alike - 0.1),
    pre: ({ trainings: [pre, , post] }) => below(atEnd(pre.losses), atEnd(post.losses) / 2),
    warmup: ({ trainings: [, , post, warmed] }) => below(atEnd(warmed.losses), atEnd(post.losses) / 2),
  },
  // #endregion
  breaks: {
    residual: { residual: false },
    norm: { norm: false },
    alike: { residual: false },
    pre: { placed: ["post", "post"] },
    warmup: { warmup: 0 },
  },

  figures: ({ data: { passed, trainings }, t }) => {
    const curves = (value: (one: Passed) => number) =>
      KINDS.map(({ kind }) => ({
        name: t.kinds[kind],
        points: passed.filter((one) => one.kind === kind).map((one) => [one.depth, value(one)] as const),
      }));
    return [
      lines({
        ...t.figures.gradient,
        id: "gradient",
        x: { label: t.depth },
        y: { label: t.gradient, log: true },
        series: curves(({ gradient }) => gradient),
        code: "block",
      }),
      lines({
        ...t.figures.alike,
        id: "alike",
        x: { label: t.depth },
        y: { label: t.alike, from: 0, to: 1 },
        series: curves(({ alike }) => alike),
        code: "pass",
      }),
      lines({
        ...t.figures.warmup,
        id: "warmup",
        x: { label: t.step },
        y: { label: t.loss, from: 0 },
        series: trainings.map(({ norm, warmup, losses }) => ({
          name: `${t.placed[norm]}, ${warmup > 0 ? t.warmed : t.cold}`,
          points: smoothed(losses),
        })),
        code: "warmup",
      }),
    ];
  },
});

/** What comes through the deepest stack of blocks of one kind. */
function deepest(passed: readonly (Passed & { kind: Kind })[], kind: Kind): Passed {
  return passed.filter((one) => one.kind === kind).reduce((a, b) => (a.depth > b.depth ? a : b));
}

const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;

/** The mean of the last tenth of the losses. */
const atEnd = (losses: readonly number[]) => mean(losses.slice(Math.floor(-losses.length / 10)));

/** Means of ten losses each, at their last step. */
function smoothed(losses: readonly number[]): (readonly [number, number])[] {
  return Array.from({ length: Math.floor(losses.length / 10) }, (_, i) => [
    10 * (i + 1),
    mean(losses.slice(10 * i, 10 * i + 10)),
  ]);
}
