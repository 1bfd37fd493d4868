import { formatShape, noGrad, rand, randn, scope, type Tensor } from "@lectern/autograd";

import { isInitialising } from "./space.ts";

/** Initialisers: each fills a tensor in place, without recording it, and returns it. */

const fill = (t: Tensor, values: () => Tensor): Tensor => {
  if (!isInitialising()) return t;
  noGrad(() => scope(() => void t.copy_(values())));
  return t;
};

/** Uniform between `low` and `high`. */
export function uniform_(t: Tensor, low = 0, high = 1): Tensor {
  return fill(t, () =>
    rand(t.shape, { device: t.device })
      .mul_(high - low)
      .add_(low),
  );
}

/** Normal with the given mean and standard deviation. */
export function normal_(t: Tensor, mean = 0, std = 1): Tensor {
  return fill(t, () => randn(t.shape, { device: t.device }).mul_(std).add_(mean));
}

/** Fills a tensor with a number, in place; nothing is recorded. */
export function constant_(t: Tensor, value: number): Tensor {
  return noGrad(() => t.fill_(value));
}

/** Fills a tensor with zeros, in place. */
export function zeros_(t: Tensor): Tensor {
  return constant_(t, 0);
}

/** Fills a tensor with ones, in place. */
export function ones_(t: Tensor): Tensor {
  return constant_(t, 1);
}

/** How many inputs one output of a weight [out, in, …] sees, and how many outputs one input reaches. */
function fans(name: string, t: Tensor): { fanIn: number; fanOut: number } {
  if (t.rank < 2) throw new RangeError(`${name}: needs a weight [out, in], got ${formatShape(t.shape)}`);
  const [outputs, inputs] = t.shape;
  const field = t.size / (outputs * inputs);
  return { fanIn: inputs * field, fanOut: outputs * field };
}

/** Keeps the variance of values and of gradients even through tanh or no nonlinearity (Glorot and Bengio, 2010). */
function xavierStd(name: string, t: Tensor, gain: number): number {
  const { fanIn, fanOut } = fans(name, t);
  return gain * Math.sqrt(2 / (fanIn + fanOut));
}

/** Xavier initialisation: uniform within `gain * sqrt(6 / (fanIn + fanOut))`. */
export function xavierUniform_(t: Tensor, gain = 1): Tensor {
  const bound = Math.sqrt(3) * xavierStd("xavierUniform_", t, gain);
  return uniform_(t, -bound, bound);
}

/** Xavier initialisation: normal with deviation `gain * sqrt(2 / (fanIn + fanOut))`. */
export function xavierNormal_(t: Tensor, gain = 1): Tensor {
  return normal_(t, 0, xavierStd("xavierNormal_", t, gain));
}

/** What a weight is followed by, and which variance it keeps even. */
export interface KaimingOptions {
  /** Slope of the leaky ReLU that follows; 0 (a ReLU) unless said otherwise. */
  a?: number;
  /** `fanIn` keeps the variance of values even (the default), `fanOut` that of gradients. */
  mode?: "fanIn" | "fanOut";
}

/** Keeps the variance even through (leaky) ReLUs (He et al., 2015). */
function kaimingStd(name: string, t: Tensor, { a = 0, mode = "fanIn" }: KaimingOptions): number {
  return Math.sqrt(2 / (1 + a ** 2) / fans(name, t)[mode]);
}

/** Kaiming initialisation: uniform within `sqrt(6 / ((1 + a²) fan))`. */
export function kaimingUniform_(t: Tensor, options: KaimingOptions = {}): Tensor {
  const bound = Math.sqrt(3) * kaimingStd("kaimingUniform_", t, options);
  return uniform_(t, -bound, bound);
}

/** Kaiming initialisation: normal with deviation `sqrt(2 / ((1 + a²) fan))`. */
export function kaimingNormal_(t: Tensor, options: KaimingOptions = {}): Tensor {
  return normal_(t, 0, kaimingStd("kaimingNormal_", t, options));
}
