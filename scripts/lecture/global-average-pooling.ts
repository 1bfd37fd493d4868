/**
 * Global average pooling in the place of the fully connected layer: the last convolution has one map for each class, and the mean of
 * a map is its class's score. Nothing is learned in it, any size of picture will do, and the maps say where.
 */
import { noGrad, random, type Tensor } from "@lectern/autograd";
import type { LabelledImage } from "@lectern/datasets";
import {
  AdaptiveAvgPool2d,
  AvgPool2d,
  Conv2d,
  evaluation,
  Flatten,
  kaimingNormal_,
  Linear,
  MaxPool2d,
  Module,
  ReLU,
  Sequential,
} from "@lectern/nn";
import { atLeast, equal } from "../src/lecture/claims.ts";
import { accuracyOf, asBatch, digits, trainOn } from "../src/lecture/digits.ts";
import { defineExperiment } from "../src/lecture/experiment.ts";
import { bars, imageGrid } from "../src/report/figures.ts";
import { texts } from "./texts/global-average-pooling.ts";

/** How maps become scores: by their means, by the value in their middle or in their corner, or by a fully connected layer. */
type Head = "average" | "centre" | "corner" | "connected";

// #region settings
const settings = {
  full: {
    /** The two heads that are compared. With "centre" or "corner" in the place of "average", claims fall. */
    heads: ["average", "connected"] as [Head, Head],
    /** Maps of the first convolution; the second has twice, the third eight times as many. */
    channels: 8,
    /** So many digits are learned from, so many are held out. */
    train: 8000,
    validation: 1000,
    batch: 32,
    lr: 1e-2,
    steps: 1500,
    /** Height and width of the pictures that are learned from, somewhere in which a digit of 28 x 28 lies. */
    size: 40,
    /** Height and width of the larger pictures, and how many are looked at. */
    canvas: 64,
    pictures: 400,
    /** How many of them are drawn. */
    drawn: 6,
    /** By how much accuracies may differ that are claimed to be about the same: of the two heads, of the two sizes. */
    betweenHeads: 0.05,
    betweenSizes: 0.05,
    /** The share of maps that are claimed to point at their digit. */
    pointing: 0.7,
  },
  quick: { train: 4000, validation: 500, steps: 500, pictures: 200, betweenHeads: 0.1 },
  smallest: {
    ...{ size: 32, canvas: 56, batch: 16, train: 1600, validation: 200, steps: 160, pictures: 60, drawn: 2 },
    ...{ betweenHeads: 0.4, betweenSizes: 0.2, pointing: 0.6 },
  },
};
// #endregion

type Settings = typeof settings.full;

/** One value of each map, in its middle or in its corner. [batch, maps, height, width] -> [batch, maps] */
class OnePlace extends Module {
  readonly share: number;

  constructor(place: "centre" | "corner") {
    super();
    this.share = place === "centre" ? 0.5 : 0;
  }

  forward(maps: Tensor): Tensor {
    const [row, column] = maps.shape.slice(2).map((size) => Math.floor(size * this.share));
    return maps.select(3, column).select(2, row);
  }
}

// #region network
/** images: [batch, 1, height, width] -> logits [batch, 10] */
class Classifier extends Module {
  /** One map for each class, a quarter as high and wide as the picture. Without biases, nothing is where there is nothing. */
  readonly maps: Sequential;
  readonly head: Sequential;

  constructor({ channels, size }: Pick<Settings, "channels" | "size">, head: Head) {
    super();
    const convolution = (inputs: number, outputs: number, size = 3) => {
      const layer = new Conv2d(inputs, outputs, size, { padding: (size - 1) / 2, bias: false });
      kaimingNormal_(layer.weight);
      return layer;
    };
    this.maps = new Sequential(
      new AvgPool2d(2),
      ...[convolution(1, channels), new ReLU(), new MaxPool2d(2)],
      ...[convolution(channels, 2 * channels), new ReLU()],
      ...[convolution(2 * channels, 8 * channels), new ReLU()],
      convolution(8 * channels, 10, 1),
    );
    this.head = {
      average: () => new Sequential(new AdaptiveAvgPool2d(1), new Flatten()),
      centre: () => new Sequential(new OnePlace("centre")),
      corner: () => new Sequential(new OnePlace("corner")),
      connected: () => new Sequential(new Flatten(), new Linear(10 * (size / 4) ** 2, 10)),
    }[head]();
  }

  forward(images: Tensor): Tensor {
    return this.head.forward(this.maps.forward(images));
  }
}
// #endregion

/** One or two digits somewhere in a larger picture. */
interface Picture extends LabelledImage {
  readonly digits: readonly { readonly label: number; readonly top: number; readonly left: number }[];
}

const SIZE = 28;

/** Each digit has its own part of the picture's width, and lies anywhere in it. */
function place(images: readonly LabelledImage[], size: number): Picture {
  const pixels = new Float32Array(size * size);
  const part = Math.floor(size / images.length);
  const digits = images.map((image, i) => {
    const top = Math.floor((size - SIZE + 1) * random());
    const left = i * part + Math.floor((part - SIZE + 1) * random());
    for (let row = 0; row < SIZE; row++) {
      pixels.set(image.pixels.subarray(row * SIZE, (row + 1) * SIZE), (top + row) * size + left);
    }
    return { label: image.label, top, left };
  });
  return { pixels, label: digits[0].label, digits };
}

// #region maps
/** The maps of a picture, one for each class. */
async function mapsOf(model: Classifier, picture: Picture): Promise<number[][][]> {
  const maps = evaluation(model)(() => noGrad(() => model.maps.forward(asBatch(picture))));
  return ((await maps.array()) as number[][][][])[0];
}

/** Whether a class's map is highest within the digit of that class. */
function pointsAt(map: number[][], size: number, { top, left }: { top: number; left: number }): boolean {
  const values = map.flat();
  const best = values.indexOf(Math.max(...values));
  const pixels = size / map.length;
  const [row, column] = [Math.floor(best / map.length), best % map.length].map((place) => (place + 0.5) * pixels);
  return row >= top && row < top + SIZE && column >= left && column < left + SIZE;
}
// #endregion

/** Whether a network takes pictures of another size. */
function takes(model: Classifier, picture: Picture): boolean {
  try {
    noGrad(() => model.forward(asBatch(picture)));
    return true;
  } catch {
    return false;
  }
}

export const experiment = defineExperiment({
  id: "global-average-pooling",
  texts,
  settings,

  async run({ settings, seed, progress }) {
    const { heads, steps, size, canvas, pictures, drawn } = settings;
    const { betweenHeads, betweenSizes, pointing } = settings;
    const { train, validation } = await digits({ ...settings, seed });
    const anywhere = (images: readonly LabelledImage[], size: number) => images.map((image) => place([image], size));
    const data = { train: anywhere(train, size), validation: anywhere(validation, size) };
    const singles = anywhere(validation.slice(0, pictures), canvas);
    const pairs = validation.slice(0, pictures).map((image, i) => {
      const other = validation.slice(i).find(({ label }) => label !== image.label) ?? validation[0];
      return place([image, other], canvas);
    });

    const models = heads.map((head) => new Classifier(settings, head));
    const learned: { head: Head; accuracy: number; parameters: number; takesLarger: boolean }[] = [];
    for (const [i, model] of models.entries()) {
      const onStep = (_: number, step: number) => progress(i * steps + step, 2 * steps);
      const accuracy = await trainOn(model, data, { ...settings, seed, onStep });
      const takesLarger = takes(model, singles[0]);
      learned.push({ head: heads[i], accuracy, parameters: model.head.numParameters(), takesLarger });
    }
    if (!learned[0].takesLarger)
      return { learned, betweenHeads, betweenSizes, pointing, larger: 0, inside: 0, shown: [] };

    let inside = 0;
    const shown: { labels: number[]; image: number[][]; maps: number[][][] }[] = [];
    for (const [i, pair] of pairs.entries()) {
      const maps = await mapsOf(models[0], pair);
      for (const digit of pair.digits) if (pointsAt(maps[digit.label], canvas, digit)) inside++;
      if (i >= drawn) continue;
      const [[image]] = (await asBatch(pair).array()) as number[][][][];
      const labels = pair.digits.map(({ label }) => label);
      shown.push({ labels, image, maps: labels.map((label) => maps[label]) });
    }
    return {
      learned,
      betweenHeads,
      betweenSizes,
      pointing,
      larger: await accuracyOf(models[0], singles),
      inside: inside / (2 * pairs.length),
      shown,
    };
  },

  // #region claims
  claims: {
    parameters: ({ learned: [pooled] }) => equal(pooled.parameters, 0),
    accuracy: ({ learned: [pooled, connected], betweenHeads }) =>
      atLeast(pooled.accuracy, connected.accuracy - betweenHeads),
    connected: ({ learned: [, connected] }) => equal(Number(connected.takesLarger), 0),
    larger: ({ learned: [pooled], larger, betweenSizes }) => atLeast(larger, pooled.accuracy - betweenSizes),
    where: ({ inside, pointing }) => atLeast(inside, pointing),
  },
  // #endregion
  breaks: {
    parameters: { heads: ["connected", "average"] },
    accuracy: { heads: ["corner", "connected"] },
    connected: { heads: ["connected", "average"] },
    larger: { heads: ["centre", "connected"] },
    where: { steps: 1 },
  },

  figures: ({ data: { learned, shown }, t }) => [
    bars({
      ...t.figures.accuracy,
      id: "accuracy",
      value: { label: t.accuracy, from: 0, to: 1 },
      decimals: 3,
      bars: learned.map(({ head, accuracy }) => ({ label: t.heads[head], value: accuracy })),
      code: "network",
    }),
    bars({
      ...t.figures.parameters,
      id: "parameters",
      value: { label: t.parameters, from: 0 },
      decimals: 0,
      bars: learned.map(({ head, parameters }) => ({ label: t.heads[head], value: parameters })),
    }),
    imageGrid({
      ...t.figures.maps,
      id: "maps",
      columns: 3,
      images: shown.flatMap(({ image, labels, maps }) => [
        { pixels: image, label: t.picture },
        ...maps.map((pixels, i) => ({
          pixels: pixels.map((row) => row.map((value) => Math.max(0, value))),
          label: `${t.map} ${labels[i]}`,
        })),
      ]),
      code: "maps",
    }),
  ],
});
