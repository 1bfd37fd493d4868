import { GPT } from "@lectern/nn";
import {
  ConsecutiveWindows,
  countCharacters,
  encodeText,
  generate,
  type LanguageModel,
  type OpenedRun,
  type Text,
  type Tokenizer,
  textData,
} from "@lectern/train";
import type { Argv } from "yargs";
import {
  arePairs,
  dataOf,
  dataReference,
  encodeKnown,
  firstPrompt,
  type PairTableOptions,
  partOf,
  readCorpus,
  tokenizerOf,
} from "../corpora.ts";
import { UsageError } from "../errors.ts";
import { numberOption, TEMPERATURE } from "../options.ts";
import { grouped, percent } from "../output.ts";
import { charPresets, pairPresets } from "../presets.ts";
import { tokenizerFor } from "../tokenizers.ts";
import { SHARE, type SplitOptions, splitOption } from "../validationSplit.ts";
import { badRowsOption, type EvalOptions, encodingOption, pairTableOptions, type TrainOptions } from "./options.ts";
import { EVALUATED, pairEvaluation, preparePairs, showAnswers } from "./pairs.ts";
import { attentionFigure } from "./pictures.ts";
import type { Task } from "./task.ts";

export interface CharOptions extends TrainOptions, SplitOptions, PairTableOptions {
  /** How the text is cut into tokens. */
  readonly tokenizer?: string;
  /** Characters to write when trained. */
  readonly sample?: number;
}

/** A language model of one text: it learns to predict the next token. */
export const char: Task<CharOptions> = {
  name: "char",
  predicts: "tokens",
  model: "gpt",
  presets: charPresets,
  examples: [
    ["$0 train char --data moby-dick", "The small default model, about a minute"],
    ["$0 train char --data my.txt --preset baby --steps 2000", "A larger model, on a text of your own"],
    ["$0 train text --data arithmetic", "Answers to sums, right also where they were never seen: minutes"],
    ["$0 train text --data my.txt --tokenizer bpe:2000", "Pieces of words in the place of characters"],
    ["$0 train char --data moby-dick --steps 5000 --resume", "Go on where the first run ended"],
    ["$0 train char --data moby-dick --json", "Losses as JSON lines, for a program"],
  ],

  options: (yargs: Argv) =>
    yargs.options({
      data: {
        type: "string",
        demandOption: true,
        requiresArg: true,
        describe:
          "A data set's name, any text file, or a table of prompts and answers (.jsonl, .tsv), of which answers are learned",
      },
      ...encodingOption,
      ...pairTableOptions,
      ...badRowsOption,
      validation: {
        ...splitOption.validation,
        describe: `Which prompts and answers validate: a share, drawn by the seed (default: ${SHARE}), "last" for the last fifth, or another file`,
      },
      tokenizer: {
        type: "string",
        requiresArg: true,
        describe:
          "What a token is: char, byte, word:<how many>, bpe:<how many>, a folder or tokenizer.json with one (default: char, or what the data set is counted in)",
      },
      sample: {
        ...numberOption("sample", "Tokens to write when trained", { whole: true, min: 0 }),
        default: "300",
      },
    }),

  presetsFor: ({ data }) => (arePairs(data) ? pairPresets : charPresets),

  async prepare(options, { context, batch }, init) {
    const { data, json, seed = 0, tokenizer: choice, encoding } = options;
    if (init !== undefined && choice !== undefined) throw new UsageError("--tokenizer is that of --init: leave it out");
    if (arePairs(data)) return preparePairs(options, { context, batch }, init);
    assertNoPairs(options);
    const corpus = await readCorpus(data, json, encoding);
    const texts = [corpus.train, corpus.validation];
    const known = init === undefined ? undefined : tokenizerOf(init);
    const learned = choice === undefined ? known : await tokenizerFor(choice, async () => texts);
    const description = { data: dataReference(data), encoding };
    const { train, validation, tokenizer } = textData(corpus, {
      context,
      batch,
      seed,
      tokenizer: learned,
      description,
    });
    const unit = tokenizer.unit ?? "token";
    // A text is as long as it has characters; only bytes and characters are counted so.
    const size = (part: Text) => (typeof part === "string" ? countCharacters(part) : part.length);
    const [learns, validates] = [corpus.train, corpus.validation].map((part) => grouped(size(part)));
    const counted = unit === "byte" ? "byte" : "character";
    return {
      ...{ train, validation, tokenizer },
      bytesPerToken: bytesPerToken(tokenizer, corpus.validation),
      sizes: { vocabulary: tokenizer.size },
      summary: `${corpus.name}: ${learns} ${counted}s to learn from, ${validates} to validate on`,
      evaluateBatches: Math.max(1, Math.round(EVALUATED / (batch * context))),
    };
  },

  async evaluation(run, options) {
    assertNoTable(options);
    if (arePairs(dataOf(run, options))) return pairEvaluation(run, options);
    assertNoPairs(options);
    const tokenizer = tokenizerOf(run);
    const { encoding } = options.data === undefined ? run.config : {};
    const read = options.encoding ?? (encoding as string | undefined);
    const corpus = await readCorpus(dataOf(run, options), options.json, read);
    const text = partOf(corpus, options);
    const tokens = encodeKnown(tokenizer, text, corpus.name);
    const { batch = 32, stride } = options;
    const context = contextOf(run);
    if (stride !== undefined && stride > context) {
      throw new UsageError(`--stride is ${stride}, and the model sees ${context} tokens: give so many at most`);
    }
    const data = new ConsecutiveWindows(tokens, { context, batch, stride });
    return { data, unit: tokenizer.unit ?? "token", bytesPerToken: bytesPerToken(tokenizer, text) };
  },

  figures({ loss }, { unit = "token", bytesPerToken: bytes }) {
    const [perplexity, bits] = [Math.exp(loss), loss / Math.LN2];
    const perByte = unit === "byte" ? bits : bytes && bits / bytes;
    const json = perByte === undefined ? [] : ([["bitsPerByte", perByte]] as const);
    // A byte was called a character where nothing else was known.
    const perUnit = unit === "character" || unit === "byte" ? "bitsPerCharacter" : "bitsPerToken";
    return [
      ["perplexity", perplexity.toFixed(3), ["perplexity", perplexity]],
      [`bits a ${unit}`, bits.toFixed(4), [perUnit, bits], ...(unit === "byte" ? json : [])],
      // What models with different tokens are compared by.
      ...(perByte === undefined || unit === "byte" ? [] : ([["bits a byte", perByte.toFixed(4), ...json]] as const)),
    ];
  },

  async show({ model, tokenizer }, options, out) {
    const { sample = 300, seed = 0, data } = options;
    if (sample === 0) return;
    if (arePairs(data)) return showAnswers(model as unknown as LanguageModel, tokenizer, options, out);
    const sampling = { tokens: sample, temperature: TEMPERATURE, seed };
    const text = await generate(model as unknown as LanguageModel, tokenizer, firstPrompt(tokenizer), sampling);
    out.say(`\nIt writes:\n\n${text.trim()}`);
    out.event("sample", { text });
  },

  async sample({ model, tokenizer }, { data, sample = 300 }) {
    if (sample === 0 || arePairs(data)) return undefined;
    const sampling = { tokens: Math.min(sample, 120), temperature: TEMPERATURE, seed: 0 };
    return generate(model as unknown as LanguageModel, tokenizer, firstPrompt(tokenizer), sampling);
  },

  async pictures(run, language) {
    const { model, tokenizer } = run;
    if (!(model instanceof GPT) || tokenizer === undefined) return [];
    const sampling = { tokens: 20, strategy: "greedy" };
    const text = await generate(model as unknown as LanguageModel, tokenizer, firstPrompt(tokenizer), sampling);
    return [await attentionFigure(model, tokenizer, tokenizer.encode(text), language)];
  },

  next: (run, { data }) =>
    arePairs(data) ? ["generate", run, "--strategy", "greedy", "--prompt", "…"] : ["generate", run, "--tokens", "500"],
};

/** Undefined where no text is held out. */
function bytesPerToken(tokenizer: Tokenizer, text: Text): number | undefined {
  const bytes = typeof text === "string" ? Buffer.byteLength(text) : text.length;
  return bytes === 0 ? undefined : bytes / encodeText(tokenizer, text).length;
}

/** How many tokens the model can see; 64 for one that sees any number. */
function contextOf({ model }: OpenedRun): number {
  return (model as unknown as LanguageModel).options?.context ?? 64;
}

export const accuracyFigure = (accuracy: number | undefined) =>
  accuracy === undefined ? [] : [["accuracy", percent(accuracy)] as const];

/** Errors: an option that is of tables with classes, which a text has not. */
function assertNoTable({ labels, textColumn, labelColumn }: EvalOptions): void {
  const name = firstGiven({ "--labels": labels, "--text-column": textColumn, "--label-column": labelColumn });
  if (name !== undefined) throw new UsageError(`${name} is for classifiers: this run predicts tokens of a text`);
}

/** Errors: an option that is of prompts and answers, which a text has not. */
function assertNoPairs(options: PairTableOptions & SplitOptions): void {
  const { promptColumn, answerColumn, skipBadRows, validation } = options;
  const columns = { "--prompt-column": promptColumn, "--answer-column": answerColumn, "--validation": validation };
  const name = firstGiven({ ...columns, "--skip-bad-rows": skipBadRows });
  if (name !== undefined)
    throw new UsageError(`${name} is for tables: a text has no rows, and its last tenth validates`);
}

const firstGiven = (options: Readonly<Record<string, unknown>>): string | undefined =>
  Object.entries(options).find(([, value]) => value !== undefined && value !== false)?.[0];
