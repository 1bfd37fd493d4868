/**
 * Architectures of convolutional networks: after LeNet, after VGG, after ResNet, of about as many parameters, and a small transformer
 * over patches of pixels beside them; then how deep a plain network may be, and one with residual connections.
 */
import { manualSeed, type Tensor } from "@lectern/autograd";
import {
  AdaptiveAvgPool2d,
  AvgPool2d,
  BatchNorm2d,
  Conv2d,
  Flatten,
  GlobalAveragePooling,
  type Layer,
  LayerNorm,
  Linear,
  MaxPool2d,
  Module,
  normal_,
  PositionalEmbedding,
  ReLU,
  Sequential,
  Tanh,
  TransformerBlock,
} from "@lectern/nn";
import { above, below } from "../src/lecture/claims.ts";
import { digits, trainOn } from "../src/lecture/digits.ts";
import { defineExperiment } from "../src/lecture/experiment.ts";
import { bars, lines } from "../src/report/figures.ts";
import { texts } from "./texts/cnn-architectures.ts";

// #region settings
const settings = {
  full: {
    /** Width and height of filters; with 1, each pixel is seen by itself. */
    filter: 3,
    /** Whether the network after ResNet has its residual connections. */
    residual: true,
    /** So many digits are learned from, so many are held out. */
    train: 8000,
    validation: 2000,
    batch: 32,
    lr: 3e-3,
    steps: 1000,
    /** Convolutions of the plain and the residual networks, their channels, and how long they learn. */
    depths: [2, 8, 16, 32],
    channels: 8,
    stepsDeep: 300,
    lrDeep: 1e-2,
  },
  quick: { train: 4000, validation: 1000, steps: 200, depths: [2, 8, 20], stepsDeep: 100 },
  smallest: { train: 800, validation: 250, batch: 16, steps: 50, depths: [2, 12], stepsDeep: 80 },
};
// #endregion

type Settings = typeof settings.full;

const convolution = (inputs: number, outputs: number, size: number) =>
  new Conv2d(inputs, outputs, size, { padding: (size - 1) / 2 });

/** After LeNet-5 (LeCun et al., 1998): few large filters, tanh, means for pooling, two fully connected layers. */
const leNet = (filter: number): Layer =>
  new Sequential(
    ...[convolution(1, 4, Math.min(5, 2 * filter - 1)), new Tanh(), new AvgPool2d(2)],
    ...[convolution(4, 8, Math.min(5, 2 * filter - 1)), new Tanh(), new AvgPool2d(2)],
    ...[new Flatten(), new Linear(8 * 7 * 7, 16), new Tanh(), new Linear(16, 10)],
  );

/** After VGG (Simonyan and Zisserman, 2014): small filters only, two by two, and twice as many maps after each pooling. */
const vgg = (filter: number): Layer =>
  new Sequential(
    ...[convolution(1, 6, filter), new ReLU(), convolution(6, 6, filter), new ReLU(), new MaxPool2d(2)],
    ...[convolution(6, 12, filter), new ReLU(), convolution(12, 12, filter), new ReLU(), new MaxPool2d(2)],
    ...[new Flatten(), new Linear(12 * 7 * 7, 10)],
  );

// #region residual
/** Two convolutions, and a way around them (He et al., 2015). x: [batch, channels, height, width] -> the same. */
class ResidualBlock extends Module {
  readonly layers: Sequential;
  readonly residual: boolean;

  constructor(channels: number, filter: number, { residual, norm }: { residual: boolean; norm: boolean }) {
    super();
    const half = () => [convolution(channels, channels, filter), ...(norm ? [new BatchNorm2d(channels)] : [])];
    this.layers = new Sequential(...half(), new ReLU(), ...half());
    this.residual = residual;
  }

  forward(x: Tensor): Tensor {
    const changed = this.layers.forward(x);
    return (this.residual ? x.add(changed) : changed).relu();
  }
}
// #endregion

/** After ResNet (He et al., 2015): residual blocks with batch norm, and global average pooling in the place of a large last layer. */
function resNet(filter: number, residual: boolean): Layer {
  const stage = (inputs: number, outputs: number) => [
    ...[convolution(inputs, outputs, filter), new ReLU(), new MaxPool2d(2)],
    new ResidualBlock(outputs, filter, { residual, norm: true }),
  ];
  return new Sequential(...stage(1, 8), ...stage(8, 16), new AdaptiveAvgPool2d(1), new Flatten(), new Linear(16, 10));
}

// #region patches
/** A transformer over patches of 4 x 4 pixels (Dosovitskiy et al., 2020). images: [batch, 1, 28, 28] -> logits [batch, 10] */
class PatchTransformer extends Module {
  readonly patches: Conv2d;
  readonly positions: PositionalEmbedding;
  readonly block: TransformerBlock;
  readonly norm: LayerNorm;
  readonly pooling = new GlobalAveragePooling();
  readonly head: Linear;

  constructor(width: number) {
    super();
    this.patches = new Conv2d(1, width, 4, { stride: 4 });
    this.positions = new PositionalEmbedding(49, width);
    normal_(this.positions.weight, 0, 0.02); // small, so that pixels are not drowned
    this.block = new TransformerBlock({ width, heads: 2 });
    this.norm = new LayerNorm(width);
    this.head = new Linear(width, 10);
  }

  forward(images: Tensor): Tensor {
    const tokens = this.patches.forward(images).flatten(2).transpose(1, 2);
    const x = this.block.forward(this.positions.forward(tokens));
    return this.head.forward(this.pooling.forward(this.norm.forward(x)));
  }
}
// #endregion

const NAMES = ["LeNet", "VGG", "ResNet", "transformer"] as const;
type Name = (typeof NAMES)[number];

function make(name: Name, { filter, residual }: Settings): Layer {
  const makers = {
    LeNet: () => leNet(filter),
    VGG: () => vgg(filter),
    ResNet: () => resNet(filter, residual),
    transformer: () => new PatchTransformer(20),
  };
  return makers[name]();
}

/** So many convolutions of one width on a picture of 7 x 7, with a way around every two or without, and no norm. */
function deep(depth: number, residual: boolean, { channels, filter }: Settings): Sequential {
  return new Sequential(
    ...[new AvgPool2d(4), convolution(1, channels, filter), new ReLU()],
    ...Array.from({ length: depth / 2 }, () => new ResidualBlock(channels, filter, { residual, norm: false })),
    ...[new Flatten(), new Linear(channels * 7 * 7, 10)],
  );
}

export const experiment = defineExperiment({
  id: "cnn-architectures",
  texts,
  settings,

  async run({ settings, seed, progress }) {
    const { steps, stepsDeep, depths } = settings;
    const data = await digits({ ...settings, seed });
    const all = NAMES.length * steps + 2 * depths.length * stepsDeep;
    let done = 0;
    const train = async (model: Layer, steps: number, lr: number) => {
      const losses: number[] = [];
      const onStep = (loss: number) => {
        losses.push(loss);
        progress(++done, all);
      };
      return { accuracy: await trainOn(model, data, { ...settings, lr, steps, seed, onStep }), losses };
    };
    const networks: { name: Name; parameters: number; accuracy: number }[] = [];
    for (const name of NAMES) {
      const model = make(name, settings);
      const { accuracy } = await train(model, steps, settings.lr);
      networks.push({ name, parameters: model.numParameters(), accuracy });
    }
    const deepOnes: { depth: number; residual: boolean; loss: number }[] = [];
    for (const residual of [true, false]) {
      for (const depth of depths) {
        manualSeed(seed); // all of them begin alike
        const { losses } = await train(
          deep(depth, residual && settings.residual, settings),
          stepsDeep,
          settings.lrDeep,
        );
        const end = losses.slice(-10);
        deepOnes.push({ depth, residual, loss: end.reduce((sum, loss) => sum + loss, 0) / end.length });
      }
    }
    return { networks, deepOnes };
  },

  // #region claims
  claims: {
    convolution: ({ networks }) => {
      const [convolutional, transformer] = [networks.slice(0, 3), networks[3]];
      return convolutional.map(({ name, accuracy }) => above(accuracy, transformer.accuracy, name));
    },
    residual: ({ deepOnes }) => {
      const deepest = (residual: boolean) => deepOnes.filter((one) => one.residual === residual).at(-1)!.loss;
      return below(deepest(true), deepest(false) / 2);
    },
  },
  // #endregion
  breaks: { convolution: { filter: 1 }, residual: { residual: false } },

  figures: ({ data: { networks, deepOnes }, t }) => [
    bars({
      ...t.figures.networks,
      id: "networks",
      value: { label: t.accuracy, from: 0, to: 1 },
      decimals: 3,
      bars: networks.map(({ name, accuracy }) => ({ label: t.names[name], value: accuracy })),
      code: "patches",
    }),
    bars({
      ...t.figures.parameters,
      id: "parameters",
      value: { label: t.parameters, from: 0 },
      decimals: 0,
      bars: networks.map(({ name, parameters }) => ({ label: t.names[name], value: parameters })),
    }),
    lines({
      ...t.figures.depth,
      id: "depth",
      x: { label: t.depth },
      y: { label: t.loss, from: 0 },
      series: [true, false].map((residual) => ({
        name: residual ? t.residual : t.plain,
        points: deepOnes.filter((one) => one.residual === residual).map(({ depth, loss }) => [depth, loss] as const),
      })),
      code: "residual",
    }),
  ],
});
