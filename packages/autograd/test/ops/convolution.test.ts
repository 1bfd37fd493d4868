import { describe, expect, it } from "vitest";
import { createGpuDevice } from "../../src/devices/gpu/device.ts";
import {
  adaptiveAvgPool1d,
  adaptiveAvgPool2d,
  arange,
  avgPool1d,
  avgPool2d,
  conv1d,
  conv2d,
  device,
  fold,
  gradgradcheck,
  maxPool1d,
  maxPool2d,
  ones,
  randn,
  type Tensor,
} from "../../src/index.ts";
import { describeAgreement } from "./torchCases.ts";

/** Made by `fixtures/make_convolutions.py`. */
const ops: Record<string, (...inputs: Tensor[]) => Tensor> = {
  unfold: (x) => x.unfold(1, 3, 2),
  "unfold twice": (x) => x.unfold(0, 2, 1).unfold(1, 3, 2),
  conv1d: (x, w, b) => conv1d(x, w, b),
  "conv1d everything": (x, w, b) => conv1d(x, w, b, { stride: 2, padding: 3, dilation: 2, groups: 2 }),
  conv2d: (x, w) => conv2d(x, w),
  "conv2d padded": (x, w, b) => conv2d(x, w, b, { padding: [1, 2] }),
  "conv2d everything": (x, w, b) => conv2d(x, w, b, { stride: [2, 1], padding: 1, dilation: [1, 2], groups: 2 }),
  "conv2d of points": (x, w, b) => conv2d(x, w, b),
  "conv2d depthwise": (x, w) => conv2d(x, w, undefined, { padding: 1, groups: 3 }),
  maxPool1d: (x) => maxPool1d(x, 3, { stride: 2, padding: 1 }),
  maxPool2d: (x) => maxPool2d(x, 2),
  "maxPool2d everything": (x) => maxPool2d(x, [2, 3], { stride: [1, 2], padding: 1, dilation: [2, 1] }),
  "maxPool2d of equals": (x) => maxPool2d(x.relu(), 2),
  avgPool1d: (x) => avgPool1d(x, 3, { stride: 2, padding: 1 }),
  avgPool2d: (x) => avgPool2d(x, [2, 3], { padding: [0, 1] }),
  "avgPool2d without padding": (x) => avgPool2d(x, 3, { stride: 2, padding: 1, countIncludePad: false }),
  adaptiveAvgPool1d: (x) => adaptiveAvgPool1d(x, 3),
  adaptiveAvgPool2d: (x) => adaptiveAvgPool2d(x, [2, 1]),
};

describeAgreement("convolutions.json", ops, [
  { device: device("reference"), tolerance: 1e-12 },
  { device: device("cpu"), tolerance: 2e-5 },
  { device: await createGpuDevice({ backend: "webasm" }), tolerance: 1e-4 },
]);

describe("windows", () => {
  it("are views, and add up where they overlap when they are put back", () => {
    const x = arange(7).float();
    const windows = x.unfold(0, 3, 2);
    expect(windows.storage).toBe(x.storage);
    expect(fold(windows, 0, 7, 2).arraySync()).toEqual([0, 1, 4, 3, 8, 5, 6]);
    expect(fold(ones([2, 2]), 0, 6, 2, 3).arraySync()).toEqual([1, 0, 1, 1, 0, 1]);
  });

  it("can be differentiated twice, and so can what is made of them", () => {
    const on = { device: "reference" };
    const [x, w] = [randn([1, 2, 4, 4], on), randn([2, 2, 2, 2], on)];
    expect(gradgradcheck((a, b) => conv2d(a, b, undefined, { padding: 1, stride: 2 }), [x, w])).toBe(true);
    expect(gradgradcheck((a) => maxPool2d(a, 2).square(), [x])).toBe(true);
    expect(gradgradcheck((a) => fold(a, 1, 5, 2), [randn([2, 2, 3], on)])).toBe(true);
  });
});

describe("wrong sizes are told in a sentence:", () => {
  const trials: [wrong: () => unknown, message: string][] = [
    [() => ones([2, 3]).unfold(1, 4), "unfold: a window of 4 does not fit into axis 1 of [2, 3]"],
    [() => ones([5]).unfold(0, 2, 0), "unfold: the step is 0, it has to be a whole number from 1"],
    [() => fold(ones([3, 2]), 0, 3), "fold: the windows [3, 2] reach beyond 3 along axis 0"],
    [() => conv2d(ones([3, 4, 4]), ones([1, 3, 2, 2])), "conv2d: the input has to be [batch, channels, height, width]"],
    [
      () => conv2d(ones([1, 3, 4, 4]), ones([1, 2, 2, 2])),
      "conv2d: the weight has to be [outputs, 3, …] for 3 channels",
    ],
    [() => conv1d(ones([1, 3, 4]), ones([2, 3, 2]), undefined, { groups: 2 }), "cannot be shared out among 2 groups"],
    [() => conv1d(ones([1, 3, 4]), ones([2, 3, 5])), "conv1d: a window of 5 is larger than the input, [1, 3, 4] with"],
    [() => conv1d(ones([1, 3, 4]), ones([2, 3, 2]), ones([3])), "conv1d: the bias is [3], there are 2 outputs"],
    [
      () => conv2d(ones([1, 1, 4, 4]), ones([1, 1, 2, 2]), undefined, { stride: 0 }),
      "conv2d: the stride is 0,0, it has",
    ],
    [() => maxPool2d(ones([4, 4]), 2), "maxPool2d: the input is [4, 4], it has to be [batch, channels, height, width]"],
    [() => avgPool1d(ones([1, 1, 4]), [1, 2]), "avgPool1d: the size is 1,2, it has to be a whole number from 1"],
  ];
  it.each(trials)("%#", (wrong, message) => expect(wrong).toThrow(message));
});
