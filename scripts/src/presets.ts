/**
 * What `--preset` stands for: a model's size and how it is trained. Every entry can be changed by the option of its name.
 */

/** How weights are updated, in the order in which a step uses it. */
export interface Recipe {
  /** Examples in one step. */
  readonly batch: number;
  /** The learning rate at its highest; a warm-up from 0 leads there. */
  readonly lr: number;
  readonly warmup: number;
  /** Where a cosine takes the rate until the last step. Without it the rate stays. */
  readonly finalLr?: number;
  /** Adam's betas. */
  readonly betas: readonly [number, number];
  /** Decoupled decay of matrices (not of biases, norms and embeddings of positions). */
  readonly weightDecay: number;
  /** The norm that gradients are clipped to. */
  readonly clip: number;
  /** Steps between two evaluations, each on a part of the validation data; the last one is on all. */
  readonly evalEvery: number;
}

interface Size {
  readonly layers: number;
  readonly heads: number;
  readonly width: number;
  /** Tokens the model sees at once. */
  readonly context: number;
  readonly dropout: number;
}

/** What every task's presets have; each may have more, for models that take it. */
export interface Preset extends Size, Recipe {
  /** How long it is trained: in steps, or in passes over the data. */
  readonly steps?: number;
  readonly epochs?: number;
  /** How long that takes, as far as it was measured. */
  readonly time?: string;
}

export interface CharPreset extends Preset {
  readonly steps: number;
  /** The head's weights are the token embedding's. */
  readonly tiedHead: boolean;
}

export interface ClassifyPreset extends Preset {
  readonly epochs: number;
  /** Words (or characters) that have an embedding of their own; the rarest share one. */
  readonly vocabulary: number;
  readonly pooling: "mean" | "max";
}

const modern = { betas: [0.9, 0.99], weightDecay: 0.1, clip: 1 } as const;

/** The lecture's own code trains with Adam at a rate that stays. */
const lecture = { lr: 1e-4, betas: [0.9, 0.999], weightDecay: 0, clip: 1, dropout: 0 } as const;

export const charPresets = {
  /** Half a minute to a minute on two cores, to English spelling. */
  tiny: {
    time: "a minute",
    ...modern,
    layers: 2,
    heads: 4,
    width: 64,
    context: 64,
    tiedHead: true,
    steps: 5000,
    batch: 8,
    lr: 5e-3,
    warmup: 100,
    finalLr: 5e-4,
    dropout: 0,
    evalEvery: 500,
  },
  baby: {
    time: "two minutes",
    ...modern,
    layers: 4,
    heads: 4,
    width: 128,
    context: 64,
    tiedHead: true,
    steps: 2000,
    batch: 12,
    lr: 1e-3,
    warmup: 100,
    finalLr: 1e-4,
    dropout: 0,
    evalEvery: 250,
  },
  mid: {
    time: "one to two hours",
    ...modern,
    layers: 6,
    heads: 6,
    width: 384,
    context: 256,
    tiedHead: true,
    steps: 5000,
    batch: 8,
    lr: 1e-3,
    warmup: 100,
    finalLr: 1e-4,
    dropout: 0.2,
    evalEvery: 250,
  },
  lecture: {
    time: "more than a day",
    ...lecture,
    layers: 12,
    heads: 8,
    width: 128,
    context: 256,
    tiedHead: false,
    steps: 100_000,
    batch: 32,
    warmup: 5000,
    evalEvery: 1500,
  },
} satisfies Record<string, CharPreset>;

/** Prompts and answers are short: many of them make one step. */
export const pairPresets = {
  tiny: {
    ...charPresets.tiny,
    width: 128,
    context: 32,
    batch: 64,
    steps: 2500,
    lr: 3e-3,
    finalLr: 1e-4,
    time: "minutes",
    evalEvery: 250,
  },
  baby: { ...charPresets.baby, batch: 128 },
  mid: { ...charPresets.mid, batch: 64 },
  lecture: charPresets.lecture,
} satisfies Record<CharPresetName, CharPreset>;

export const classifyPresets = {
  /** Seconds on `names`. */
  tiny: {
    time: "seconds on names",
    ...modern,
    layers: 1,
    heads: 4,
    width: 64,
    context: 64,
    vocabulary: 5000,
    pooling: "mean",
    epochs: 5,
    batch: 32,
    lr: 2e-3,
    warmup: 50,
    finalLr: 2e-4,
    dropout: 0,
    evalEvery: 200,
  },
  small: {
    ...modern,
    layers: 2,
    heads: 8,
    width: 128,
    context: 256,
    vocabulary: 10_000,
    pooling: "mean",
    epochs: 6,
    batch: 32,
    lr: 1e-3,
    warmup: 50,
    finalLr: 1e-4,
    dropout: 0.1,
    evalEvery: 125,
  },
  lecture: {
    time: "more than a day on imdb",
    ...lecture,
    layers: 6,
    heads: 8,
    width: 128,
    context: 512,
    vocabulary: 50_000,
    pooling: "mean",
    epochs: 80,
    batch: 4,
    warmup: 2500,
    evalEvery: 2500,
  },
} satisfies Record<string, ClassifyPreset>;

export type CharPresetName = keyof typeof charPresets;
export type ClassifyPresetName = keyof typeof classifyPresets;

/** `tiny: 2 layers, width 64, context 64, 5,000 steps, a minute; …` */
export function describePresets(presets: Readonly<Record<string, Preset>>): string {
  const parts = Object.entries(presets).map(([name, { layers, width, context, steps, epochs, time }]) => {
    const length = steps === undefined ? `${epochs} epochs` : `${steps.toLocaleString("en")} steps`;
    const size = `${layers} ${layers === 1 ? "layer" : "layers"}, width ${width}, context ${context}, ${length}`;
    return `${name} (${size}${time === undefined ? "" : `, ${time}`})`;
  });
  return parts.join("; ");
}
