/**
 * From text to tokens: how byte-pair encoding makes pieces of bytes, how long a text is in characters, words and pieces in two
 * languages, and why losses of models with different tokens are compared by the byte.
 */
import { manualSeed } from "@lectern/autograd";
import { loadText } from "@lectern/datasets";
import { GPT } from "@lectern/nn";
import {
  AdamW,
  BPETokenizer,
  ByteTokenizer,
  CharTokenizer,
  cosine,
  type Tokenizer,
  Trainer,
  textData,
} from "@lectern/train";
import { above, atMost, below } from "../src/lecture/claims.ts";
import { defineExperiment } from "../src/lecture/experiment.ts";
import { bars, lines, tableOf } from "../src/report/figures.ts";
import { texts } from "./texts/tokenization.ts";

// #region settings
const settings = {
  full: {
    /** What merges are learned from: "moby-dick" is English; "udhr" has English and Russian. */
    learnedFrom: "moby-dick",
    /** How many characters of it. */
    characters: 200_000,
    /** How many tokens there are: the 256 bytes, an end of text, and merges. */
    sizes: [257, 300, 400, 600, 1000, 2000],
    /** The words whose merges are shown, by the largest of the tokenizers. */
    words: ["whale", "whalebone", "unbelievable", "кит"],
    /** The tokens of the language models that are compared, and how they are trained. */
    pieces: 600,
    layers: 2,
    width: 64,
    context: 48,
    batch: 16,
    lr: 4e-3,
    steps: 1000,
  },
  quick: { sizes: [257, 300, 400, 600, 1000], steps: 200, layers: 1 },
  smallest: { characters: 80_000, sizes: [257, 600], pieces: 500, width: 32, context: 24, steps: 50 },
};
type Settings = typeof settings.full;
// #endregion

const LANGUAGES = ["eng", "rus"] as const;
const bytesIn = (text: string) => new TextEncoder().encode(text).length;
const wordsIn = (text: string) => text.match(/[\p{L}\p{N}]+|[^\s\p{L}\p{N}]/gu)?.length ?? 0;

// #region lengths
/** How long the same declaration is in two languages, for each size of vocabulary. */
async function lengths(tokenizers: readonly BPETokenizer[]) {
  return Promise.all(
    LANGUAGES.map(async (language) => {
      const { train, validation } = await loadText(`udhr:${language}`);
      const text = train + validation;
      const pieces = tokenizers.map((tokenizer) => ({ size: tokenizer.size, tokens: tokenizer.encode(text).length }));
      return { language, characters: text.length, bytes: bytesIn(text), words: wordsIn(text), pieces };
    }),
  );
}
// #endregion

// #region loss
/** The loss of a small model of these tokens, in nats a token and in bits a byte of text that was held back. */
async function loss(
  tokenizer: Tokenizer,
  corpus: { train: string; validation: string },
  given: Settings & { seed: number },
) {
  const { layers, width, context, batch, lr, steps, seed } = given;
  manualSeed(seed);
  const { train, validation } = textData(corpus, { tokenizer, context, batch, seed });
  const model = new GPT({ vocabulary: tokenizer.size, layers, heads: 4, width, context, positions: "rotary" });
  const optimizer = new AdamW(model.parameters(), { lr });
  const schedule = cosine({ warmup: 10, steps, floor: 0.1 });
  const trainer = new Trainer({ model, optimizer, schedule, progress: "off", log: () => {} });
  const result = await trainer.fit(train, { steps, validation, evaluateEvery: steps });
  const bytesPerToken = bytesIn(corpus.validation) / tokenizer.encode(corpus.validation).length;
  const nats = result.validation!.loss;
  return { nats, bits: nats / Math.LN2 / bytesPerToken, bytesPerToken };
}
// #endregion

export const experiment = defineExperiment({
  id: "tokenization",
  texts,
  settings,

  async run({ settings, seed, progress }) {
    const { learnedFrom, characters, sizes, pieces, words } = settings;
    const parts = 1 + 3;
    const source = (await loadText(learnedFrom)).train.slice(0, characters);
    const tokenizers = sizes.map((size) => BPETokenizer.from([source], { size }));
    const largest = tokenizers[tokenizers.length - 1];
    progress(1, parts);

    const moby = await loadText("moby-dick");
    const corpus = { train: moby.train.slice(0, characters), validation: moby.validation.slice(0, 4000) };
    const kinds = {
      characters: CharTokenizer.from(corpus.train + corpus.validation),
      bytes: new ByteTokenizer(),
      pieces: BPETokenizer.from([source], { size: pieces }),
    };
    const losses = [];
    for (const [i, [kind, tokenizer]] of Object.entries(kinds).entries()) {
      losses.push({ kind: kind as keyof typeof kinds, ...(await loss(tokenizer, corpus, { ...settings, seed })) });
      progress(2 + i, parts);
    }
    return {
      merges: words.map((word) => ({ word, steps: largest.steps(word) })),
      lengths: await lengths(tokenizers),
      losses,
    };
  },

  // #region claims
  claims: {
    shorter: ({ lengths: [{ bytes, pieces }] }) => atMost(pieces[pieces.length - 1].tokens, bytes / 2),
    language({ lengths: [english, russian] }) {
      const perCharacter = [russian, english].map(
        ({ characters, pieces }) => pieces[pieces.length - 1].tokens / characters,
      );
      return above(perCharacter[0], 2 * perCharacter[1]);
    },
    measure({ losses: [characters, , pieces] }) {
      return [above(pieces.nats, 1.2 * characters.nats), below(pieces.bits, characters.bits)];
    },
  },
  // #endregion
  breaks: {
    shorter: { sizes: [257], steps: 1 },
    language: { learnedFrom: "udhr", steps: 1 },
    measure: { pieces: 257 },
  },

  figures({ data: { merges, lengths, losses }, t }) {
    return [
      tableOf({
        ...t.figures.merges,
        id: "merges",
        columns: [t.word, t.steps],
        rows: merges.map(({ word, steps }) => [word, steps.map((pieces) => pieces.join(" · ")).join("\n")]),
      }),
      bars({
        ...t.figures.lengths,
        id: "lengths",
        code: "lengths",
        value: { label: t.tokens, from: 0 },
        decimals: 0,
        bars: lengths.flatMap(({ language, characters, bytes, words, pieces }) =>
          [
            [t.units.characters, characters],
            [t.units.bytes, bytes],
            [t.units.words, words],
            [t.units.pieces, pieces[pieces.length - 1].tokens],
          ].map(([label, value]) => ({ label: String(label), value: Number(value), group: t.languages[language] })),
        ),
      }),
      lines({
        ...t.figures.sizes,
        id: "sizes",
        code: "lengths",
        x: { label: t.size },
        y: { label: t.perCharacter, from: 0 },
        series: lengths.map(({ language, characters, pieces }) => ({
          name: t.languages[language],
          points: pieces.map(({ size, tokens }) => [size, tokens / characters] as const),
        })),
      }),
      bars({
        ...t.figures.losses,
        id: "losses",
        code: "loss",
        value: { label: t.loss, from: 0 },
        decimals: 2,
        bars: losses.flatMap(({ kind, nats, bits }) => [
          { label: t.units[kind], value: nats, group: t.nats },
          { label: t.units[kind], value: bits, group: t.bits },
        ]),
      }),
    ];
  },
});
