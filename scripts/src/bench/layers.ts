import { type Device, manualSeed, randint, randn, type Tensor } from "@lectern/autograd";
import {
  BatchNorm2d,
  Conv2d,
  Flatten,
  GlobalAveragePooling,
  Linear,
  LSTM,
  MaxPool2d,
  Module,
  ReLU,
  Sequential,
} from "@lectern/nn";
import type { LayerSize } from "./workloads.ts";

/** The networks before transformers, one for each workload of a layer. */

/** The class of a sequence by the state after its last step. x: [batch, time, width] -> [batch, classes]. */
class LSTMClassifier extends Module {
  readonly lstm: LSTM;
  readonly head: Linear;

  constructor(width: number, classes: number) {
    super();
    this.lstm = new LSTM(width, width);
    this.head = new Linear(width, classes);
  }

  forward(x: Tensor): Tensor {
    return this.head.forward(this.lstm.forward(x).hidden.select(0, 0));
  }
}

/** LeNet-5 (LeCun et al., 1998) with what is usual today: maxima and ReLU. x: [batch, 1, 28, 28] -> [batch, classes]. */
function leNet(side: number, classes: number): Sequential {
  const last = Math.floor((Math.floor(side / 2) - 4) / 2);
  return new Sequential(
    new Conv2d(1, 6, 5, { padding: 2 }),
    new ReLU(),
    new MaxPool2d(2),
    new Conv2d(6, 16, 5),
    new ReLU(),
    new MaxPool2d(2),
    new Flatten(),
    new Linear(16 * last * last, 120),
    new ReLU(),
    new Linear(120, 84),
    new ReLU(),
    new Linear(84, classes),
  );
}

/** Two convolutions around which the input goes, by a convolution of size 1 where channels or size change (He et al., 2016). */
class ResidualBlock extends Module {
  readonly conv1: Conv2d;
  readonly norm1: BatchNorm2d;
  readonly conv2: Conv2d;
  readonly norm2: BatchNorm2d;
  readonly shortcut: Sequential | undefined;

  constructor(inputs: number, outputs: number, stride: number) {
    super();
    this.conv1 = new Conv2d(inputs, outputs, 3, { stride, padding: 1, bias: false });
    this.norm1 = new BatchNorm2d(outputs);
    this.conv2 = new Conv2d(outputs, outputs, 3, { padding: 1, bias: false });
    this.norm2 = new BatchNorm2d(outputs);
    if (stride === 1 && inputs === outputs) return;
    this.shortcut = new Sequential(new Conv2d(inputs, outputs, 1, { stride, bias: false }), new BatchNorm2d(outputs));
  }

  forward(x: Tensor): Tensor {
    const y = this.norm1.forward(this.conv1.forward(x)).relu();
    return this.norm2
      .forward(this.conv2.forward(y))
      .add(this.shortcut?.forward(x) ?? x)
      .relu();
  }
}

/** The mean over all places. [batch, channels, height, width] -> [batch, channels]. */
class PlaceMean extends Module {
  readonly pooling = new GlobalAveragePooling();

  forward(x: Tensor): Tensor {
    return this.pooling.forward(x.flatten(2).transpose(1, 2));
  }
}

/** A residual network with one block for each number of channels: two weights deep for each, one before and one after. */
function resNet(channels: readonly number[], classes: number): Sequential {
  return new Sequential(
    new Conv2d(1, channels[0], 3, { padding: 1, bias: false }),
    new BatchNorm2d(channels[0]),
    new ReLU(),
    ...channels.map((n, i) => new ResidualBlock(channels[Math.max(0, i - 1)], n, i === 0 ? 1 : 2)),
    new PlaceMean(),
    new Linear(channels[channels.length - 1], classes),
  );
}

/** A network with random weights, and random examples with their classes. */
export function layerWorkload(size: LayerSize, device: Device) {
  manualSeed(0);
  const { batch, classes } = size;
  const targets = randint(0, classes, [batch], { device });
  if (size.layer === "LSTM") {
    const { time, width } = size;
    return { model: new LSTMClassifier(width, classes), inputs: randn([batch, time, width], { device }), targets };
  }
  const inputs = randn([batch, 1, size.side, size.side], { device });
  const model = size.layer === "LeNet" ? leNet(size.side, classes) : resNet(size.channels, classes);
  return { model, inputs, targets };
}
