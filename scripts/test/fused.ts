import { device, fusedEnabled, manualSeed, setFused } from "@lectern/autograd";
import { loadText } from "@lectern/datasets";
import { GPT, TransformerClassifier } from "@lectern/nn";
import {
  AdamW,
  type BatchSource,
  cosine,
  DataLoader,
  decayMatrices,
  type Model,
  Trainer,
  textData,
  WordTokenizer,
} from "@lectern/train";
import { afterEach, describe, expect, it, vi } from "vitest";
import { charPresets, classifyPresets, type Recipe } from "../src/presets.ts";

const STEPS = 50;
const SEED = 4;
/** Relative. One percent more in the gradient of one kernel changes these losses by 1e-5 to 6e-4. */
const TOLERANCE = 1e-5;

/** What the cpu device does in one pass. */
const FUSED = [
  ...(["attention", "attentionGrad", "biasGelu", "biasGeluGrad", "layerNorm", "layerNormGrad"] as const),
  ...(["crossEntropy", "crossEntropyGrad", "embed", "embedGrad", "adamWAll", "sumOfSquares"] as const),
];

interface Training {
  readonly model: Model;
  readonly data: BatchSource;
}

/** The losses of the first steps of a training as long as the preset's. */
async function losses(make: () => Training, recipe: Recipe & { readonly steps: number }): Promise<number[]> {
  manualSeed(SEED);
  const { model, data } = make();
  const { lr, finalLr = lr, warmup, betas, weightDecay, clip, steps } = recipe;
  const found: number[] = [];
  const trainer = new Trainer({
    model,
    optimizer: new AdamW(decayMatrices(model, weightDecay), { lr, betas }),
    schedule: cosine({ warmup, steps, floor: finalLr / lr }),
    clip,
    progress: "off",
    callbacks: [{ onStep: ({ loss }) => void found.push(loss) }],
  });
  await trainer.fit(data, { steps: STEPS });
  return found;
}

function largestRelativeDifference(a: readonly number[], b: readonly number[]): number {
  return Math.max(...a.map((value, i) => Math.abs(value - b[i]) / Math.abs(b[i])));
}

const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;

const book = await loadText("moby-dick");

/** The character model of the preset `baby`, on half of its batch. */
function characters(dropout: number): () => Training {
  const { layers, heads, width, context, tiedHead } = charPresets.baby;
  const batch = charPresets.baby.batch / 2;
  return () => {
    const { train, tokenizer } = textData(book, { context, batch, seed: SEED });
    return {
      model: new GPT({ vocabulary: tokenizer.size, layers, heads, width, context, dropout, tiedHead }),
      data: train,
    };
  };
}

const MAX_LENGTH = 64;
const BATCH = 12;
/** Paragraphs, of very different lengths, and whether they begin with speech. */
const paragraphs = book.train
  .split("\n\n")
  .slice(0, 1000)
  .map((text) => ({ text, label: Number(/^["“]/.test(text)) }));

/** A classifier of the preset `small`'s size, on shorter texts. */
function paragraphsByWords(dropout: number): () => Training {
  const { layers, heads, width, vocabulary, pooling } = classifyPresets.small;
  return () => {
    const tokenizer = WordTokenizer.from(
      paragraphs.map(({ text }) => text),
      { size: vocabulary },
    );
    const examples = paragraphs.map(({ text, label }) => ({ tokens: tokenizer.encode(text), label }));
    const sizes = { vocabulary: tokenizer.size, classes: 2, layers, heads, width, context: MAX_LENGTH };
    return {
      model: new TransformerClassifier({ ...sizes, pooling, dropout }),
      // Unsorted, so that much is padded.
      data: new DataLoader(examples, { maxLength: MAX_LENGTH, batch: BATCH, seed: SEED, bucket: 1 }),
    };
  };
}

const classifier = { ...classifyPresets.small, steps: 750 };

/** Trainings, each of which is the same with fused kernels and without. */
export const trainings = {
  characters: { what: "the character model", make: characters(0), recipe: charPresets.baby },
  charactersDropout: { what: "the character model with dropout", make: characters(0.2), recipe: charPresets.baby },
  classifier: { what: "the classifier", make: paragraphsByWords(0), recipe: classifier },
  classifierDropout: { what: "the classifier with dropout", make: paragraphsByWords(0.1), recipe: classifier },
};

/** Has fused kernels leave the losses of trainings as composite definitions make them. */
export function describeFused(cases: readonly (typeof trainings)[keyof typeof trainings][]): void {
  describe("fused kernels", () => {
    const before = fusedEnabled();
    afterEach(() => {
      setFused(before);
      vi.restoreAllMocks();
    });

    it.each(cases)(
      "leave the losses of $what as composite definitions make them, over 50 steps",
      async ({ make, recipe }) => {
        const cpu = device("cpu");
        const kernels = FUSED.map((kernel) => vi.spyOn(cpu, kernel));
        setFused(true);
        const fused = await losses(make, recipe);
        for (const kernel of kernels) expect(kernel, kernel.getMockName()).toHaveBeenCalled();
        vi.clearAllMocks();
        setFused(false);
        const composed = await losses(make, recipe);
        for (const kernel of kernels) expect(kernel, kernel.getMockName()).not.toHaveBeenCalled();
        expect(fused).toHaveLength(STEPS);
        // The training did something; else two losses are easily the same.
        expect(mean(fused.slice(-10))).toBeLessThan(0.95 * mean(fused.slice(0, 10)));
        expect(largestRelativeDifference(fused, composed)).toBeLessThan(TOLERANCE);
      },
      240_000,
    );
  });
}
