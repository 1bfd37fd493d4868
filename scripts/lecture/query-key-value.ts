/** Queries, keys, values, and why their dot products are divided by the square root of the width. */
import { randn, scope, type Tensor } from "@lectern/autograd";
import { above, atLeast, atMost } from "../src/lecture/claims.ts";
import { defineExperiment } from "../src/lecture/experiment.ts";
import { lines, type Series } from "../src/report/figures.ts";
import { texts } from "./texts/query-key-value.ts";

// #region settings
const settings = {
  full: {
    widths: [4, 8, 16, 32, 64, 128, 256, 512, 1024],
    /** Scores are divided by width ** power: 0.5 is the square root, 0 is no scale at all. */
    power: 0.5,
    /** So many of the numbers in a query and in a key are compared. */
    components: Number.MAX_SAFE_INTEGER,
    /** Positions in a sequence. */
    time: 64,
    /** Sequences that the numbers are means over. */
    repeats: 20,
  },
  quick: { repeats: 8 },
  smallest: { widths: [4, 32, 256], repeats: 6 },
};
// #endregion

// #region attention
/** Single-head attention at initialisation, its scores divided by width ** power. x: [time, width] */
function attention(x: Tensor, power: number, components: number) {
  const [, width] = x.shape;
  // Weights of variance 1 / width leave numbers of variance 1 what they are.
  const weight = () => randn([width, width]).div(Math.sqrt(width));
  const compared = Math.min(width, components);
  const queries = x.matmul(weight()).slice(1, 0, compared);
  const keys = x.matmul(weight()).slice(1, 0, compared);
  const values = x.matmul(weight());

  const scores = queries
    .matmul(keys.T)
    .div(width ** power)
    .detach()
    .requiresGrad_();
  const weights = scores.softmax(-1);
  return { scores, weights, outputs: weights.matmul(values) };
}
// #endregion

// #region measures
interface Measured {
  /** Of the scores. */
  readonly variance: number;
  /** Of the weights of a position, as a share of what equal weights have: 1 looks everywhere, 0 at one place. */
  readonly entropy: number;
  /** Of the scores, a number's size on average, where each output is pulled somewhere at random. */
  readonly gradient: number;
}

async function measure(width: number, power: number, { time, components }: typeof settings.full): Promise<Measured> {
  return scope(async () => {
    const { scores, weights, outputs } = attention(randn([time, width]), power, components);
    outputs.mul(randn(outputs.shape)).sum().div(Math.sqrt(width)).backward();
    const surprise = weights.mul(weights.add(1e-30).log()).sum(-1).neg();
    return {
      variance: await scores.sub(scores.mean()).square().mean().item(),
      entropy: (await surprise.mean().item()) / Math.log(time),
      gradient: await scores.grad!.abs().mean().item(),
    };
  });
}
// #endregion

export const experiment = defineExperiment({
  id: "query-key-value",
  texts,
  settings,
  async run({ settings, progress }) {
    const { widths, power, repeats } = settings;
    const rows: { width: number; scaled: Measured; plain: Measured }[] = [];
    for (const [i, width] of widths.entries()) {
      const [scaled, plain]: Measured[][] = [[], []];
      for (let repeat = 0; repeat < repeats; repeat++) {
        scaled.push(await measure(width, power, settings));
        plain.push(await measure(width, 0, settings));
      }
      rows.push({ width, scaled: means(scaled), plain: means(plain) });
      progress(i + 1, widths.length);
    }
    return { rows };
  },

  // #region claims
  claims: {
    growth: ({ rows }) =>
      atLeast(rows.at(-1)!.plain.variance / rows[0].plain.variance, rows.at(-1)!.width / rows[0].width / 2),
    scale: ({ rows }) => atMost(Math.max(...rows.map(({ scaled }) => Math.abs(scaled.variance - 1))), 0.3),
    entropy: ({ rows }) => above(rows.at(-1)!.scaled.entropy, 2 * rows.at(-1)!.plain.entropy),
    gradient: ({ rows }) => above(rows.at(-1)!.scaled.gradient, 3 * rows.at(-1)!.plain.gradient),
  },
  // #endregion
  breaks: {
    growth: { components: 4 },
    scale: { power: 0 },
    entropy: { power: 0 },
    gradient: { power: 0 },
  },

  figures({ data: { rows }, t }) {
    const both = (of: keyof Measured): Series[] => [
      { name: t.plain, points: rows.map(({ width, plain }) => [width, plain[of]]) },
      { name: t.scaled, points: rows.map(({ width, scaled }) => [width, scaled[of]]) },
    ];
    const x = { label: t.width, log: true };
    return [
      lines({
        ...t.figures.variance,
        id: "variance",
        x,
        y: { label: t.variance, log: true },
        series: both("variance"),
        code: "attention",
      }),
      lines({
        ...t.figures.entropy,
        id: "entropy",
        x,
        y: { label: t.entropy, from: 0, to: 1 },
        series: both("entropy"),
        code: "measures",
      }),
      lines({
        ...t.figures.gradient,
        id: "gradient",
        x,
        y: { label: t.gradient, log: true },
        series: both("gradient"),
        code: "claims",
      }),
    ];
  },
});

function means(measured: readonly Measured[]): Measured {
  const mean = (of: keyof Measured) => measured.reduce((sum, one) => sum + one[of], 0) / measured.length;
  return { variance: mean("variance"), entropy: mean("entropy"), gradient: mean("gradient") };
}
