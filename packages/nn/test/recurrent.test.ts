import { concat, manualSeed, ones, randn, setDefaultDevice, type Tensor, zeros } from "@lectern/autograd";
import {
  AdaptiveAvgPool2d,
  AvgPool1d,
  BatchNorm1d,
  BatchNorm2d,
  Conv1d,
  Conv2d,
  Flatten,
  GRU,
  Linear,
  LSTM,
  MaxPool2d,
  type Module,
  ReLU,
  RNN,
  Sequential,
} from "@lectern/nn";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { expectClose, floats, type LayerCase, readFixture } from "./fixture.ts";

/** Made by `fixtures/make_recurrent.py`. */
const fixture = readFixture<Record<string, LayerCase>>("recurrent.json");

type Run = (inputs: Tensor[]) => Tensor;
const layer = (module: Module & { forward(x: Tensor): Tensor }): [Module, Run] => [module, ([x]) => module.forward(x)];
const flat = (...parts: Tensor[]) => concat(parts.map((part) => part.reshape(-1)));
const both = { layers: 2, bidirectional: true };
const hiddenOf = (module: RNN | GRU): [Module, Run] => [
  module,
  ([x, state]) => {
    const { output, hidden } = module.forward(x, state);
    return flat(output, hidden);
  },
];
const memoryOf = (module: LSTM): [Module, Run] => [
  module,
  ([x, first, second]) => {
    const { output, hidden, cell } = module.forward(x, first && { hidden: first, cell: second });
    return flat(output, hidden, cell);
  },
];

const cases: Record<string, () => [Module, Run]> = {
  conv1d: () => layer(new Conv1d(2, 4, 3, { stride: 2, padding: 1, groups: 2 })),
  conv2d: () => layer(new Conv2d(2, 3, [2, 3], { padding: 1, bias: false })),
  "a small network": () => {
    const convolution = new Conv2d(2, 3, 3, { padding: 1 });
    return layer(new Sequential(convolution, new ReLU(), new MaxPool2d(2), new Flatten(), new Linear(6, 2)));
  },
  "batch norm 1d": () => layer(new BatchNorm1d(3)),
  "batch norm of sequences": () => layer(new BatchNorm1d(3, { affine: false })),
  "batch norm 2d": () => layer(new BatchNorm2d(2, { eps: 1e-3 })),
  "batch norm in evaluation": () => {
    const module = new BatchNorm2d(2, { momentum: 0.3 });
    return [
      module,
      ([x]) => {
        module.forward(x.detach().mul(2).add(1));
        return module.eval().forward(x);
      },
    ];
  },
  rnn: () => hiddenOf(new RNN(3, 2)),
  "rnn with relu": () => hiddenOf(new RNN(3, 2, { ...both, nonlinearity: "relu" })),
  gru: () => hiddenOf(new GRU(3, 2, { bias: false })),
  "gru, all of it": () => hiddenOf(new GRU(3, 2, both)),
  lstm: () => memoryOf(new LSTM(3, 2)),
  "lstm, all of it": () => memoryOf(new LSTM(3, 2, both)),
};

describe.each([
  ["reference", 1e-7],
  ["cpu", 2e-5],
] as const)("on %s, PyTorch's numbers", (device, tolerance) => {
  beforeAll(() => setDefaultDevice(device));
  afterAll(() => setDefaultDevice("cpu"));

  it.each(Object.keys(fixture))("come out of: %s", (name) => {
    const expected = fixture[name];
    const [module, run] = cases[name]();
    expect([...module.stateDict().keys()]).toEqual(Object.keys(expected.weights));
    const learnt = [...module.namedParameters().keys()].map((key) => [key, floats(expected.weights[key])] as const);
    module.loadStateDict(new Map(learnt), { strict: false });
    const inputs = expected.inputs.map(floats);
    inputs[0].requiresGrad_();

    const output = run(inputs);
    expectClose(output, expected.output, tolerance, "output");
    output.backward(floats(expected.seed));
    expectClose(inputs[0].grad, expected.inputGradient!, tolerance, "gradient of the input");
    for (const [key, gradient] of Object.entries(expected.gradients)) {
      expectClose(module.namedParameters().get(key)?.grad, gradient, tolerance, `gradient of ${key}`);
    }
    // Running statistics too, as they are after the pass.
    for (const [key, value] of module.stateDict()) expectClose(value, expected.weights[key], tolerance, key);
  });
});

describe("a recurrent layer", () => {
  it("goes on where it stopped", () => {
    manualSeed(1);
    const lstm = new LSTM(2, 3, { layers: 2 });
    const x = randn([2, 5, 2]);
    const whole = lstm.forward(x).output.slice(1, 3);
    const first = lstm.forward(x.slice(1, 0, 3));
    const rest = lstm.forward(x.slice(1, 3), first).output;
    for (const [i, value] of rest.dataSync().entries()) expect(value).toBeCloseTo(whole.clone().dataSync()[i], 6);
  });

  it("drops between layers, in training alone", () => {
    manualSeed(1);
    const gru = new GRU(2, 8, { layers: 2, dropout: 0.5 });
    const x = ones([1, 3, 2]);
    const run = () => gru.forward(x).output.arraySync();
    expect(run()).not.toEqual(run());
    gru.eval();
    expect(run()).toEqual(run());
  });

  it("says what is wrong with its input and its state", () => {
    expect(() => new RNN(2, 3).forward(ones([4, 2]))).toThrow("RNN: the input is [4, 2], it has to be [batch, time");
    expect(() => new GRU(2, 3).forward(ones([1, 4, 3]))).toThrow(
      "GRU: the input is [1, 4, 3], its last axis has to be 2",
    );
    expect(() => new GRU(2, 3).forward(ones([1, 4, 2]), zeros([1, 3]))).toThrow(
      "GRU: the state is [1, 3], it has to be [1, 1, 3]",
    );
    expect(() => new LSTM(2, 0)).toThrow("LSTM: width is 0, it has to be a whole number from 1");
  });
});

describe("layers of convolutional networks", () => {
  it("pool a picture of any size to one vector", () => {
    const net = new Sequential(new Conv2d(1, 4, 3), new AdaptiveAvgPool2d(1), new Flatten());
    expect([9, 14].map((size) => net.forward(ones([2, 1, size, size])).shape)).toEqual([
      [2, 4],
      [2, 4],
    ]);
    expect(new AvgPool1d(2).forward(ones([1, 2, 6])).shape).toEqual([1, 2, 3]);
  });

  it("say what is wrong with sizes", () => {
    expect(() => new Conv2d(3, 4, 2, { groups: 2 })).toThrow(
      "Conv2d: 3 to 4 channels cannot be shared out among 2 groups",
    );
    expect(() => new Conv2d(3, 4, [2])).toThrow("Conv2d: the size is [2], it has 2 axes");
    expect(() => new BatchNorm1d(3).forward(ones([1, 3]))).toThrow(
      "BatchNorm1d: in training each channel needs more than",
    );
    expect(() => new BatchNorm2d(3).forward(ones([2, 4, 1, 1]))).toThrow(
      "BatchNorm2d: the input is [2, 4, 1, 1], axis 1",
    );
    expect(() => new BatchNorm2d(3).forward(ones([2, 3]))).toThrow("BatchNorm2d: the input is [2, 3], it has to be");
  });
});
