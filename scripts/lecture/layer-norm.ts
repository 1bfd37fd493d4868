/**
 * Normalisation of each vector by itself (layer norm) beside normalisation over a batch (batch norm): what each does to numbers, on
 * whom a result depends, and how networks learn with either from large batches and from small ones.
 */
import { concat, manualSeed, randn, type Tensor, zeros } from "@lectern/autograd";
import { BatchNorm1d, Flatten, type Layer, LayerNorm, Linear, Module, ReLU, Sequential } from "@lectern/nn";
import { above, atMost, equal } from "../src/lecture/claims.ts";
import { digits, trainOn } from "../src/lecture/digits.ts";
import { defineExperiment } from "../src/lecture/experiment.ts";
import { lines } from "../src/report/figures.ts";
import { texts } from "./texts/layer-norm.ts";

type Norm = "none" | "batch" | "layer";

// #region settings
const settings = {
  full: {
    /** What stands in the place of layer norm; with "batch" or "none" the claims fall. */
    norm: "layer" as Norm,
    width: 64,
    /** Length of the sequences. */
    time: 16,
    batches: [1, 2, 4, 8, 16, 32, 64],
    /** So many places of padding are put behind the sequences. */
    padding: [0, 4, 8, 16, 32, 64],
    /** So many digits are learned from, so many are held out. */
    train: 8000,
    validation: 2000,
    lr: 1e-3,
  },
  quick: { train: 2000, validation: 1000, batches: [1, 2, 8, 64] },
  smallest: { train: 200, validation: 250, width: 32, batches: [2, 16], padding: [0, 16] },
};
// #endregion

// #region norm
/** A norm for vectors [batch, width] and sequences [batch, time, width]. */
class Normalise extends Module {
  readonly layer: Layer | undefined;

  constructor(norm: Norm, width: number) {
    super();
    if (norm === "layer") this.layer = new LayerNorm(width);
    if (norm === "batch") this.layer = new BatchNorm1d(width);
  }

  forward(x: Tensor): Tensor {
    if (this.layer === undefined) return x;
    // Batch norm wants its channels on axis 1.
    const turned = x.rank === 3 && this.layer instanceof BatchNorm1d;
    return turned ? this.layer.forward(x.transpose(1, 2)).transpose(1, 2) : this.layer.forward(x);
  }
}
// #endregion

/** Draws sequences such as a network has within: each element of the width has a mean and a deviation of its own. */
function source(time: number, width: number): (batch: number) => Tensor {
  const [scale, shift] = [randn([width]).exp(), randn([width]).mul(3)];
  return (batch) => randn([batch, time, width]).mul(scale).add(shift);
}

/** Mean and deviation of each vector of one sequence. x: [1, time, width] */
async function statistics(x: Tensor): Promise<{ mean: number[]; deviation: number[] }> {
  const mean = x.mean(-1, { keepDim: true });
  const deviation = x.sub(mean).square().mean(-1).sqrt();
  return { mean: [...(await mean.data())], deviation: [...(await deviation.data())] };
}

/** How far results change with each norm, by the number of examples or of places. */
interface Dependence {
  readonly size: number;
  readonly layer: number;
  readonly batch: number;
}

/** How far two tensors are apart where they are farthest. */
const distance = (a: Tensor, b: Tensor): Promise<number> => a.sub(b).abs().max().item();

/** How far the result for the first sequence changes, if others stand beside it in a batch of the same size. */
function changeByOthers(norm: Layer, x: Tensor, others: Tensor, batch: number): Promise<number> {
  const one = x.slice(0, 0, 1);
  const beside = (rest: Tensor) => norm.forward(concat([one, rest.slice(0, 1, batch)])).slice(0, 0, 1);
  return distance(beside(x), beside(others));
}

/** How far the results for all sequences change, if places of padding stand behind them. */
function changeByPadding(norm: Layer, x: Tensor, places: number): Promise<number> {
  const [batch, time, width] = x.shape;
  const longer = norm.forward(concat([x, zeros([batch, places, width])], 1));
  return distance(longer.slice(1, 0, time), norm.forward(x));
}

// #region network
/** Three layers with a norm in each. images: [batch, 1, 28, 28] -> logits [batch, 10] */
function classifier(norm: Norm, width: number): Sequential {
  const layer = (inputs: number) => [new Linear(inputs, width), new Normalise(norm, width), new ReLU()];
  return new Sequential(new Flatten(), ...layer(784), ...layer(width), ...layer(width), new Linear(width, 10));
}
// #endregion

export const experiment = defineExperiment({
  id: "layer-norm",
  texts,
  settings,

  async run({ settings, seed, progress }) {
    const { norm, width, time, batches, padding, train, lr } = settings;
    const draw = source(time, width);
    const [x, others] = [draw(Math.max(...batches)), draw(Math.max(...batches))];
    const [one, layerNorm, batchNorm] = [x.slice(0, 0, 1), new Normalise(norm, width), new Normalise("batch", width)];

    // #region dependence
    const byOthers: Dependence[] = [];
    for (const batch of batches) {
      const [layer, ofBatch] = [layerNorm, batchNorm].map((norm) => changeByOthers(norm, x, others, batch));
      byOthers.push({ size: batch, layer: await layer, batch: await ofBatch });
    }
    const byPadding: Dependence[] = [];
    for (const places of padding) {
      const [layer, batch] = [layerNorm, batchNorm].map((norm) => changeByPadding(norm, x, places));
      byPadding.push({ size: places, layer: await layer, batch: await batch });
    }
    // #endregion

    const learned: { norm: Norm; batch: number; accuracy: number }[] = [];
    const data = await digits({ ...settings, seed });
    for (const [i, batch] of batches.entries()) {
      for (const kind of ["none", "batch", "layer"] as const) {
        // A batch of one vector has no variance that batch norm could divide by.
        if (kind === "batch" && batch === 1) continue;
        manualSeed(seed); // all begin with the same weights
        const model = classifier(kind === "layer" ? norm : kind, width);
        const accuracy = await trainOn(model, data, { steps: Math.ceil(train / batch), batch, lr, seed });
        learned.push({ norm: kind, batch, accuracy });
      }
      progress(i + 1, batches.length);
    }
    const [before, after] = [await statistics(one), await statistics(layerNorm.forward(x).slice(0, 0, 1))];
    return { before, after, byOthers, byPadding, learned };
  },

  claims: {
    statistics: ({ after }) => [
      atMost(Math.max(...after.mean.map(Math.abs)), 1e-5),
      atMost(Math.max(...after.deviation.map((deviation) => Math.abs(deviation - 1))), 1e-3),
    ],
    others: ({ byOthers }) => byOthers.map(({ size, layer }) => equal(layer, 0, size)),
    padding: ({ byPadding }) => byPadding.map(({ size, layer }) => equal(layer, 0, size)),
    small: ({ learned }) => {
      const smallest = learned.find(({ norm }) => norm === "batch")!;
      const beside = learned.find(({ norm, batch }) => norm === "layer" && batch === smallest.batch)!;
      return above(beside.accuracy, smallest.accuracy, smallest.batch);
    },
  },
  breaks: {
    statistics: { norm: "batch" },
    others: { norm: "batch" },
    padding: { norm: "batch" },
    small: { norm: "batch" },
  },

  figures: ({ data, t }) => {
    const curve = (name: string, values: readonly number[]) => ({
      name,
      points: values.map((y, x) => [x + 1, y] as const),
    });
    const dependence = (found: readonly Dependence[]) =>
      (["batch", "layer"] as const).map((norm) => ({
        name: t.norms[norm],
        points: found.map((change) => [change.size, change[norm]] as const),
      }));
    return [
      lines({
        ...{ id: "statistics", ...t.figures.statistics, code: "norm" },
        ...{ x: { label: t.position }, y: { label: t.value } },
        series: [
          curve(t.meanBefore, data.before.mean),
          curve(t.deviationBefore, data.before.deviation),
          curve(t.meanAfter, data.after.mean),
          curve(t.deviationAfter, data.after.deviation),
        ],
      }),
      lines({
        ...{ id: "others", ...t.figures.others, code: "dependence" },
        ...{ x: { label: t.batchSize, log: true }, y: { label: t.moved, from: 0 } },
        series: dependence(data.byOthers),
      }),
      lines({
        ...{ id: "padding", ...t.figures.padding },
        ...{ x: { label: t.places }, y: { label: t.moved, from: 0 } },
        series: dependence(data.byPadding),
      }),
      lines({
        ...{ id: "learning", ...t.figures.learning, code: "network" },
        ...{ x: { label: t.batchSize, log: true }, y: { label: t.accuracy } },
        series: (["none", "batch", "layer"] as const).map((norm) => ({
          name: t.norms[norm],
          points: data.learned
            .filter((run) => run.norm === norm)
            .map(({ batch, accuracy }) => [batch, accuracy] as const),
        })),
      }),
    ];
  },
});
