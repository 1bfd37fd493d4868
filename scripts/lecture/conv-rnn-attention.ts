/**
 * Three ways of passing on what was read: step by step in a recurrent network, within a field by convolutions, from anywhere to
 * anywhere by attention. Each has to recall a sign that stood some distance back.
 */
import { INTEGER, noGrad, random, type Tensor, tensor } from "@lectern/autograd";
import { Conv1d, Embedding, Linear, LSTM, Module, TransformerBlock } from "@lectern/nn";
import { AdamW, cosine, DataLoader, evaluate, SortedExamples, stack, Trainer } from "@lectern/train";
import { atLeast, atMost, below, equal } from "../src/lecture/claims.ts";
import { defineExperiment } from "../src/lecture/experiment.ts";
import { lines, tableOf } from "../src/report/figures.ts";
import { texts } from "./texts/conv-rnn-attention.ts";

// #region settings
const settings = {
  full: {
    /** Length of the sequences, and how far from their end the sign may stand. */
    time: 64,
    distances: [1, 2, 4, 8, 16, 32, 63],
    /** Steps between what a filter of the convolutional network reads, layer by layer. */
    dilations: [1, 2, 4],
    /** Of so many positions, the last ones, attention sees no others; 0 for all. */
    window: 0,
    /** Widths that give the three about as many parameters. */
    lstmWidth: 24,
    cnnWidth: 26,
    transformerWidth: 20,
    batch: 32,
    steps: 1500,
    lr: 1e-2,
    /** Sequences to learn from, and to be tested on at each distance. */
    sequences: 8000,
    tested: 200,
    /** Lengths at which a step is timed. */
    lengths: [16, 32, 64, 128, 256],
  },
  quick: { time: 32, distances: [1, 4, 8, 16, 31], steps: 300, sequences: 3200, lengths: [16, 64, 256] },
  smallest: { tested: 50, time: 20, distances: [1, 8, 19], batch: 16, steps: 80, lengths: [8, 16], sequences: 1280 },
};
// #endregion

type Settings = typeof settings.full;

/** Signs to recall are tokens 0 to 3; what stands around them are tokens 4 to 11. */
const [SIGNS, NOISE] = [4, 8];

// #region readers
/** What the three share: tokens become vectors, and the last position's says which sign there was. */
abstract class Reader extends Module {
  readonly embedding: Embedding;
  readonly head: Linear;

  constructor(width: number) {
    super();
    this.embedding = new Embedding(SIGNS + NOISE, width);
    this.head = new Linear(width, SIGNS);
  }

  /** x: [batch, time, width] -> the same; each position knows what stands before it. */
  abstract read(x: Tensor): Tensor;

  /** x: [batch, time, width] -> logits [batch, signs] */
  recall(x: Tensor): Tensor {
    return this.head.forward(this.read(x).select(1, -1));
  }

  /** tokens: int32 [batch, time] -> logits [batch, signs] */
  forward(tokens: Tensor): Tensor {
    return this.recall(this.embedding.forward(tokens));
  }
}

class Recurrent extends Reader {
  readonly lstm: LSTM;

  constructor(width: number) {
    super(width);
    this.lstm = new LSTM(width, width);
  }

  read(x: Tensor): Tensor {
    return this.lstm.forward(x).output;
  }
}

class Convolutional extends Reader {
  readonly layers: Conv1d[];

  constructor(width: number, dilations: readonly number[]) {
    super(width);
    this.layers = dilations.map((dilation) => new Conv1d(width, width, 3, { dilation, padding: 2 * dilation }));
  }

  read(x: Tensor): Tensor {
    const time = x.shape[1];
    x = x.transpose(1, 2);
    // What is padded on the right is cut off: no position sees its future.
    for (const layer of this.layers) x = x.add(layer.forward(x).slice(2, 0, time).relu());
    return x.transpose(1, 2);
  }
}

class Attending extends Reader {
  readonly block: TransformerBlock;
  readonly window: number;

  constructor(width: number, window: number) {
    super(width);
    this.block = new TransformerBlock({ width, heads: 2, causal: true });
    this.window = window;
  }

  read(x: Tensor): Tensor {
    const time = x.shape[1];
    if (this.window === 0) return this.block.forward(x);
    const isNear = (at: number) => Number(Math.floor(at / time) - (at % time) < this.window);
    const mask = tensor(
      Int32Array.from({ length: time * time }, (_, at) => isNear(at)),
      { shape: [time, time], dtype: INTEGER },
    );
    return this.block.forward(x, { mask });
  }
}
// #endregion

const NAMES = ["lstm", "cnn", "transformer"] as const;
type Name = (typeof NAMES)[number];

const make = ({ lstmWidth, cnnWidth, transformerWidth, dilations, window }: Settings): Record<Name, Reader> => ({
  lstm: new Recurrent(lstmWidth),
  cnn: new Convolutional(cnnWidth, dilations),
  transformer: new Attending(transformerWidth, window),
});

interface Sequence {
  readonly inputs: readonly number[];
  readonly targets: number;
}

/** Noise with one sign, so far from the end. */
function sequence(time: number, distance: number): Sequence {
  const sign = Math.floor(SIGNS * random());
  const inputs = Array.from({ length: time }, () => SIGNS + Math.floor(NOISE * random()));
  inputs[time - 1 - distance] = sign;
  return { inputs, targets: sign };
}

const batches = (time: number) =>
  stack({ inputs: { dtype: INTEGER, shape: [time] }, targets: { dtype: INTEGER } }, "sequences");

async function learn(
  model: Reader,
  examples: readonly Sequence[],
  { batch, steps, lr, time }: Settings,
  seed: number,
  onStep: (step: number) => void,
) {
  const trainer = new Trainer({
    model,
    optimizer: new AdamW(model.parameters(), { lr }),
    schedule: cosine({ warmup: Math.ceil(steps / 20), steps }),
    callbacks: [{ onStep: ({ step }) => onStep(step) }],
    progress: "off",
  });
  await trainer.fit(new DataLoader(examples, { batch, collate: batches(time), seed }), { steps });
}

/** The share of signs that are recalled at each distance. */
async function recalled(model: Reader, { time, distances, tested }: Settings): Promise<number[]> {
  const shares: number[] = [];
  for (const distance of distances) {
    const examples = Array.from({ length: tested }, () => sequence(time, distance));
    shares.push(
      (await evaluate(model, new SortedExamples(examples, { batch: 100, collate: batches(time) }))).accuracy!,
    );
  }
  return shares;
}

// #region field
/** How long the gradient of what is said at the end is at each position, by its distance from the end: a mean of 16 sequences. */
async function fieldOf(model: Reader, { time }: Settings): Promise<number[]> {
  const tokens = tensor(
    Array.from({ length: 16 }, () => sequence(time, time - 1).inputs as number[]),
    { dtype: INTEGER },
  );
  const x = noGrad(() => model.embedding.forward(tokens)).requiresGrad_();
  model.recall(x).square().sum().backward();
  const lengths = x.grad!.square().sum(-1).sqrt().mean(0);
  return [...(await lengths.data())].reverse();
}
// #endregion

/** How much of the gradient is left at the far end, as a share of that at the near one. */
const kept = (field: readonly number[]): number => field.at(-1)! / field[0];

/** Milliseconds of a forward and a backward pass over sequences of some length: the shortest of three. */
async function timeOf(model: Reader, time: number, { batch }: Settings): Promise<number> {
  const tokens = tensor(
    Array.from({ length: batch }, () => sequence(time, 0).inputs as number[]),
    { dtype: INTEGER },
  );
  const times: number[] = [];
  for (let i = 0; i < 3; i++) {
    const start = performance.now();
    const loss = model.forward(tokens).square().mean();
    loss.backward();
    await model.head.weight.grad!.data(); // waits for what is queued
    times.push(performance.now() - start);
    model.zeroGrad();
  }
  return Math.min(...times);
}

export const experiment = defineExperiment({
  id: "conv-rnn-attention",
  texts,
  settings,

  async run({ settings, seed, progress }) {
    const { time, distances, dilations, steps, sequences, lengths } = settings;
    const examples = Array.from({ length: sequences }, (_, i) => sequence(time, distances[i % distances.length]));
    const models = make(settings);
    const found: { name: Name; parameters: number; shares: number[]; field: number[]; ms: number[] }[] = [];
    for (const [i, name] of NAMES.entries()) {
      const model = models[name];
      const field = await fieldOf(model, settings); // of a network that has learned nothing yet
      await learn(model, examples, settings, seed, (step) => progress(i * steps + step, NAMES.length * steps));
      const shares = await recalled(model, settings);
      const ms: number[] = [];
      for (const length of lengths) ms.push(await timeOf(model, length, settings));
      found.push({ name, parameters: model.numParameters(), shares, field, ms });
    }
    /** How far back a stack of these filters, of three each, can see. */
    const reach = 2 * dilations.reduce((sum, dilation) => sum + dilation, 0);
    return { distances, lengths, reach, found };
  },

  // #region claims
  claims: {
    attention: ({ distances, found: [, , { shares }] }) => shares.map((share, i) => atLeast(share, 0.9, distances[i])),
    within: ({ distances, reach, found: [, { shares }] }) =>
      distances.flatMap((distance, i) => (distance <= reach ? [atLeast(shares[i], 0.9, distance)] : [])),
    beyond: ({ distances, reach, found: [, { shares }] }) =>
      distances.flatMap((distance, i) => (distance > reach ? [atMost(shares[i], 0.4, distance)] : [])),
    gradient: ({ reach, found: [, { field }] }) => {
      const beyond = field.slice(reach + 1);
      return beyond.length === 0 ? [] : equal(Math.max(...beyond), 0);
    },
    recurrent: ({ found: [lstm, , transformer] }) => below(kept(lstm.field), kept(transformer.field)),
  },
  // #endregion
  breaks: {
    attention: { window: 4 },
    within: { dilations: [] },
    beyond: { dilations: [1, 2, 4, 8, 16] },
    gradient: { dilations: [1, 2, 4, 8, 16] },
    recurrent: { window: 4 },
  },

  figures: ({ data: { distances, lengths, found, reach }, t }) => [
    lines({
      ...t.figures.recall,
      id: "recall",
      x: { label: t.distance, log: true },
      y: { label: t.share, from: 0, to: 1 },
      series: [
        ...found.map(({ name, shares }) => ({
          name: t.names[name],
          points: shares.map((y, i) => [distances[i], y] as const),
        })),
        { name: t.chance, points: [distances[0], distances.at(-1)!].map((x) => [x, 1 / SIGNS] as const), dashed: true },
      ],
      code: "readers",
    }),
    lines({
      ...t.figures.field,
      id: "field",
      x: { label: t.distance },
      y: { label: t.gradient, log: true },
      series: found.map(({ name, field }) => ({
        name: t.names[name],
        points: field.flatMap((length, distance) => (length > 0 ? [[distance, length] as const] : [])),
      })),
      code: "field",
    }),
    lines({
      ...t.figures.time,
      id: "time",
      x: { label: t.length, log: true },
      y: { label: t.milliseconds, log: true },
      series: found.map(({ name, ms }) => ({
        name: t.names[name],
        points: ms.map((y, i) => [lengths[i], y] as const),
      })),
    }),
    tableOf({
      ...t.figures.sizes,
      id: "sizes",
      columns: [t.network, t.parameters, t.reach],
      rows: found.map(({ name, parameters }) => [t.names[name], parameters, name === "cnn" ? reach : t.unbounded]),
    }),
  ],
});
