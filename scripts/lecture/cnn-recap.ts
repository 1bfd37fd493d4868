/**
 * A convolutional network on handwritten digits, and what each of its parts adds: it is trained as it is, and again with one part
 * left out at a time.
 */
import { manualSeed, noGrad, type Tensor } from "@lectern/autograd";
import {
  AdaptiveAvgPool2d,
  BatchNorm2d,
  Conv2d,
  evaluation,
  Flatten,
  type Layer,
  Linear,
  MaxPool2d,
  Module,
  ReLU,
  Sequential,
} from "@lectern/nn";
import { above, atLeast } from "../src/lecture/claims.ts";
import { asBatch, digits, trainOn } from "../src/lecture/digits.ts";
import { defineExperiment } from "../src/lecture/experiment.ts";
import { bars, imageGrid } from "../src/report/figures.ts";
import { texts } from "./texts/cnn-recap.ts";

const PARTS = ["convolution", "pooling", "activation", "normalisation", "fullyConnected"] as const;
type Part = (typeof PARTS)[number];

// #region settings
const settings = {
  full: {
    /** Maps of the first convolution; the second has twice as many. */
    channels: 16,
    /** Width and height of the first filters; the second ones are 3 x 3 at most. */
    filter: 5,
    /** A part that even the whole network is without: "convolution", "pooling", "activation", … */
    missing: "nothing" as Part | "nothing",
    /** So many digits are learned from, so many are held out. */
    train: 8000,
    validation: 2000,
    batch: 64,
    lr: 3e-3,
    steps: 1250,
    /** Steps of the shorter trainings, in which one part is left out. */
    stepsWithout: 250,
    /** The share of right answers that is claimed. */
    claimed: 0.98,
  },
  quick: { channels: 8, steps: 375, stepsWithout: 80, claimed: 0.96 },
  smallest: { channels: 4, train: 640, validation: 200, batch: 16, steps: 60, stepsWithout: 25, claimed: 0.8 },
};
// #endregion

type Sizes = Pick<typeof settings.full, "channels" | "filter">;

// #region network
/** images: [batch, 1, 28, 28] -> logits [batch, 10] */
class SmallCNN extends Module {
  readonly features: Sequential;
  readonly head: Sequential;

  constructor({ channels, filter }: Sizes, without: Part | "nothing" = "nothing") {
    super();
    const block = (inputs: number, outputs: number, size: number): Layer[] => [
      new Conv2d(inputs, outputs, size, { padding: (size - 1) / 2 }),
      ...(without === "normalisation" ? [] : [new BatchNorm2d(outputs)]),
      ...(without === "activation" ? [] : [new ReLU()]),
      // Without pooling, the first of four values in place of the greatest.
      without === "pooling" ? new MaxPool2d(1, { stride: 2 }) : new MaxPool2d(2),
    ];
    // Without convolution, each pixel is seen by itself.
    const [first, second] = without === "convolution" ? [1, 1] : [filter, Math.min(filter, 3)];
    this.features = new Sequential(...block(1, channels, first), ...block(channels, 2 * channels, second));
    this.head =
      without === "fullyConnected"
        ? new Sequential(new Conv2d(2 * channels, 10, 1), new AdaptiveAvgPool2d(1), new Flatten())
        : new Sequential(new Flatten(), new Linear(2 * channels * 7 * 7, 10));
  }

  forward(images: Tensor): Tensor {
    return this.head.forward(this.features.forward(images));
  }
}
// #endregion

/** One picture's maps after each activation and each pooling: [stage][map][row][column]. */
async function mapsOf(model: SmallCNN, image: Tensor): Promise<number[][][][]> {
  const evaluating = evaluation(model);
  const stages: number[][][][] = [];
  let x = image;
  for (const layer of model.features.layers) {
    x = evaluating(() => noGrad(() => layer.forward(x)));
    if (layer instanceof ReLU || layer instanceof MaxPool2d) stages.push((await pictures(x))[0]);
  }
  return stages;
}

const pictures = async (x: Tensor) => (await x.array()) as number[][][][];

/** The accuracy without a part. */
function lacking(without: readonly { part: Part | "nothing"; accuracy: number }[], part: Part): number {
  return without.slice(1).find((one) => one.part === part)!.accuracy;
}

export const experiment = defineExperiment({
  id: "cnn-recap",
  texts,
  settings,

  async run({ settings, seed, progress }) {
    const { steps, stepsWithout } = settings;
    const data = await digits({ ...settings, seed });
    const all = steps + (PARTS.length + 1) * stepsWithout;

    // #region training
    const train = (model: SmallCNN, steps: number, done: number) =>
      trainOn(model, data, { ...settings, steps, seed, onStep: (_, step) => progress(done + step, all) });
    const model = new SmallCNN(settings, settings.missing);
    const accuracy = await train(model, steps, 0);

    const without: { part: Part | "nothing"; accuracy: number }[] = [];
    for (const [i, part] of [settings.missing, ...PARTS].entries()) {
      manualSeed(seed); // all of them begin alike
      const accuracy = await train(new SmallCNN(settings, part), stepsWithout, steps + i * stepsWithout);
      without.push({ part, accuracy });
    }
    // #endregion

    const image = asBatch(data.validation.find(({ label }) => label === 5) ?? data.validation[0]);
    const [convolution] = model.features.layers as [Conv2d];
    return {
      accuracy,
      claimed: settings.claimed,
      without,
      filters: (await pictures(convolution.weight)).map(([filter]) => filter),
      image: (await pictures(image))[0][0],
      stages: await mapsOf(model, image),
    };
  },

  claims: {
    accuracy: ({ accuracy, claimed }) => atLeast(accuracy, claimed),
    convolution: ({ without }) => above(without[0].accuracy, lacking(without, "convolution")),
    normalisation: ({ without }) => above(without[0].accuracy, lacking(without, "normalisation")),
  },
  breaks: {
    accuracy: { missing: "convolution" },
    convolution: { missing: "convolution" },
    normalisation: { missing: "normalisation" },
  },

  figures: ({ data: { filters, image, stages, without }, t }) => [
    imageGrid({
      ...t.figures.filters,
      id: "filters",
      images: filters.map((pixels, i) => ({ pixels, label: `${i + 1}` })),
      code: "network",
    }),
    imageGrid({
      ...t.figures.maps,
      id: "maps",
      columns: 5,
      images: Array.from({ length: Math.min(4, filters.length) }, (_, map) => [
        { pixels: image, label: t.input },
        ...stages.map((maps, stage) => ({ pixels: maps[map], label: `${t.stages[stage]}, ${map + 1}` })),
      ]).flat(),
    }),
    bars({
      ...t.figures.without,
      id: "without",
      value: { label: t.accuracy, from: 0, to: 1 },
      decimals: 3,
      bars: without.map(({ part, accuracy }, i) => ({ label: t.without[i === 0 ? "nothing" : part], value: accuracy })),
      code: "training",
    }),
  ],
});
