import { type CrossEntropyOptions, crossEntropy, full, scaledDotProductAttention, zeros } from "../../src/index.ts";
import { gives, gradientsOf, type Make, type NumberCase } from "./numberCase.ts";

const { POSITIVE_INFINITY: inf } = Number;

/** The smallest float, as masks have it. */
const LOWEST = -3.4028234663852886e38;
const LARGE = [10, 30, 100, 1000, 1e4, 1e5];

const target = (make: Make, ...classes: number[]) => make(Int32Array.from(classes));

/** The gradient of the cross entropy of one row. */
const entropyGradient = (make: Make, logits: number[], options: CrossEntropyOptions = {}) =>
  gradientsOf(make, [[logits]], (x) => crossEntropy(x, target(make, 0), options));

export const rowCases: readonly NumberCase[] = [
  ...LARGE.map((v) =>
    gives(
      `the cross entropy of [${v + 8}, ${v}]`,
      [Math.log1p(Math.exp(-8))],
      (make) => crossEntropy(make([[v + 8, v]]), target(make, 0)),
      { relative: 2e-4 },
    ),
  ),
  ...[1000, 1e5, 1e8].map((v) =>
    gives(
      `the gradient of the cross entropy of three classes at ${v}`,
      [-2 / 3, 1 / 3, 1 / 3],
      (make) => entropyGradient(make, [v, v, v]),
      { relative: 1e-6 },
    ),
  ),
  gives(
    "the gradient of the cross entropy of [8, 0]",
    [-1 / (1 + Math.exp(8)), 1 / (1 + Math.exp(8))],
    (make) => entropyGradient(make, [8, 0]),
    { relative: 2e-4 },
  ),
  gives(
    "the smoothed cross entropy of equal large logits",
    [Math.log(3)],
    (make) => crossEntropy(make([[1e5, 1e5, 1e5]]), target(make, 0), { labelSmoothing: 0.3 }),
    { relative: 1e-6 },
  ),
  gives(
    "softmax of the smallest float",
    [1 / 3, 1 / 3, 1 / 3],
    (_, device) => full([3], LOWEST, { device }).softmax(0),
    {
      relative: 1e-6,
    },
  ),
  gives(
    "logSoftmax of the smallest float",
    [-Math.log(3), -Math.log(3), -Math.log(3)],
    (_, device) => full([3], LOWEST, { device }).logSoftmax(0),
    { relative: 1e-6 },
  ),
  gives("softmax of hidden and smallest ones", [0, 0.5, 0.5], (make) => make([-inf, LOWEST, LOWEST]).softmax(0), {
    special: true,
  }),
  gives("softmax of hidden ones", [0, 0], (make) => make([-inf, -inf]).softmax(0), { special: true }),
  gives(
    "attention to keys that the smallest float hides",
    [1.5, 5 / 12],
    (make, device) => {
      const rows = (values: number[][]) => make([[values]]);
      const [q, k] = [
        rows([[0.1, 0.5]]),
        rows([
          [0.3, -0.5],
          [0.6, 0.1],
          [-0.2, 0.9],
        ]),
      ];
      const v = rows([
        [1, 2],
        [3, -1],
        [0.5, 0.25],
      ]);
      return scaledDotProductAttention(q, k, v, { mask: full([1, 3], LOWEST, { device }) });
    },
    { relative: 1e-6 },
  ),
  gives(
    "the gradient by their values",
    new Array(6).fill(1 / 3),
    (make, device) => {
      const [q, k] = [
        make([[[[0.1, 0.5]]]]),
        make([
          [
            [
              [0.3, -0.5],
              [0.6, 0.1],
              [-0.2, 0.9],
            ],
          ],
        ]),
      ];
      const mask = full([1, 3], LOWEST, { device });
      return gradientsOf(
        make,
        [
          [
            [
              [
                [1, 2],
                [3, -1],
                [0.5, 0.25],
              ],
            ],
          ],
        ],
        (v) => scaledDotProductAttention(q, k, v, { mask }),
      );
    },
    { relative: 1e-6 },
  ),
  gives("a sum added to nothing, in place", [], (_, device) => zeros([5, 0], { device }).add_(1)),
  gives("argmax of no rows", [], (_, device) => zeros([0, 3], { device }).argmax(1)),
  gives("products of nothing, scattered in memory", new Array(90).fill(0), (_, device) =>
    zeros([1, 2, 1, 0, 3], { device })
      .transpose(0, 2)
      .T.matmul(zeros([3, 2, 1, 0, 5], { device }).expand(3, 2, 1, 0, 5)),
  ),
];
