import type { AdamWOptions } from "../../../src/device.ts";
import { type Case, defineCase } from "../check.ts";
import { given } from "../operands.ts";

const USUAL: AdamWOptions = { lr: 1e-3, beta1: 0.9, beta2: 0.999, eps: 1e-8, weightDecay: 0, step: 1, gradScale: 1 };
const SIZES = [0, 1, 3, 7, 64, 4099];

function adamWCase(name: string, options: AdamWOptions): Case {
  return defineCase("adamW", name, async (check) => {
    for (const size of SIZES) {
      const operands = {
        p: check.numbers.normal([size]),
        grad: check.numbers.normal([size], "plain"),
        m: check.numbers.normal([size], "offset", 0.1),
        v: check.numbers.uniform(0, 0.1, [size]),
      };
      await check.agree(operands, (device, { p, grad, m, v }) => device.adamW(p, grad, m, v, options));
    }
  });
}

export const optimCases: readonly Case[] = [
  adamWCase("a first step", USUAL),
  adamWCase("a late step with decay", { ...USUAL, step: 1000, weightDecay: 0.1, lr: 0.01 }),
  adamWCase("other averages", { ...USUAL, step: 7, beta1: 0.8, beta2: 0.95, eps: 1e-6 }),
  adamWCase("clipped gradients", { ...USUAL, step: 3, gradScale: 0.037, weightDecay: 0.01 }),
  defineCase("adamW", "gradients clipped by a number that is in memory", async (check) => {
    for (const size of SIZES) {
      const operands = {
        p: check.numbers.normal([size]),
        grad: check.numbers.normal([size], "plain"),
        m: check.numbers.normal([size], "offset", 0.1),
        v: check.numbers.uniform(0, 0.1, [size]),
        gradScale: given([], [0.037]),
      };
      await check.agree(operands, (device, { p, grad, m, v, gradScale }) =>
        device.adamW(p, grad, m, v, { ...USUAL, step: 3, gradScale }),
      );
    }
  }),
  defineCase(
    "adamW",
    "nothing where the number in memory is 0 or none, as that of gradients that are not finite",
    async (check) => {
      for (const scale of [0, Number.NaN]) {
        const operands = {
          p: check.numbers.normal([7]),
          grad: given([7], [Number.NaN, 1, Number.POSITIVE_INFINITY]),
          m: check.numbers.normal([7], "offset", 0.1),
          v: check.numbers.uniform(0, 0.1, [7]),
          gradScale: given([], [scale]),
        };
        await check.agree(operands, (device, { p, grad, m, v, gradScale }) => {
          device.adamW(p, grad, m, v, { ...USUAL, step: 3, gradScale, weightDecay: 0.1 });
          device.adamWAll?.([{ p, grad, m, v, step: 3 }], { ...USUAL, gradScale });
        });
      }
    },
  ),
  defineCase("adamW", "from nothing, also where the gradient is zero", async (check) => {
    for (const size of [5, 33]) {
      const zeros = () => given([size], [0]);
      const operands = {
        p: check.numbers.normal([size]),
        grad: given([size], [0, 1e-3, -2, 1e-12]),
        m: zeros(),
        v: zeros(),
      };
      await check.agree(operands, (device, { p, grad, m, v }) => device.adamW(p, grad, m, v, USUAL));
    }
  }),
];
