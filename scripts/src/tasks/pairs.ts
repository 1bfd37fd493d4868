import type { Pair, PairCorpus } from "@lectern/datasets";
import {
  ANSWER_END,
  answering,
  encodePairs,
  generateTexts,
  type LanguageModel,
  type OpenedRun,
  padPairs,
  pairData,
  SortedExamples,
  type Tokenizer,
} from "@lectern/train";
import { dataOf, dataReference, type PairTableOptions, partOf, readPairCorpus, tokenizerOf } from "../corpora.ts";
import { UsageError } from "../errors.ts";
import { grouped, type Output, table } from "../output.ts";
import { tokenizerFor } from "../tokenizers.ts";
import { describeSplit } from "../validationSplit.ts";
import type { CharOptions } from "./char.ts";
import type { EvalOptions } from "./options.ts";
import type { EvaluationData, TaskData } from "./task.ts";

/** Tokens of the validation data that an evaluation on the way looks at. */
export const EVALUATED = 20_000;

/** What `train text` does with prompts and answers: it learns the answers. */
export async function preparePairs(
  options: CharOptions,
  { context, batch }: { context: number; batch: number },
  init: OpenedRun | undefined,
): Promise<TaskData> {
  const { data, seed = 0, tokenizer: choice } = options;
  const corpus = await corpusOf(options);
  const lines = () => [...corpus.train, ...corpus.validation].map((pair) => pair.prompt + pair.answer + ANSWER_END);
  const known = init === undefined ? undefined : tokenizerOf(init);
  const learned = choice === undefined ? known : await tokenizerFor(choice, async () => [lines().join("")]);
  const description = {
    ...{ data: dataReference(data), learns: "answers", ...tableOf(options), split: corpus.split.kind },
    validation: describeSplit(options),
  };
  const found = pairData(corpus, { context, batch, seed, tokenizer: learned, description });
  const { tokenizer } = found;
  const [{ prompt, answer }] = corpus.train;
  const [learns, unseen] = [corpus.train, corpus.validation].map(({ length }) => grouped(length));
  return {
    ...found,
    bytesPerToken: bytesPerToken(tokenizer, corpus.validation),
    sizes: { vocabulary: tokenizer.size },
    summary: `${corpus.name}: ${learns} answers to learn, as ${prompt}${answer}, and ${unseen} never shown`,
    // What was trained on comes last in an evaluation, so that all of it is looked at.
    evaluateBatches: corpus.byHeart ? undefined : evaluated(tokenizer, corpus, batch),
  };
}

/** How the table is read, of what the options say. */
function tableOf({ promptColumn, answerColumn, encoding, skipBadRows }: PairTableOptions): PairTableOptions {
  return { promptColumn, answerColumn, encoding, skipBadRows: skipBadRows || undefined };
}

const corpusOf = (options: CharOptions): Promise<PairCorpus> =>
  readPairCorpus(options.data, options.json, tableOf(options), { ...options, seed: options.seed ?? 0 });

/** Batches with about as many tokens as an evaluation on the way looks at; undefined where that is all. */
function evaluated(tokenizer: Tokenizer, { validation }: PairCorpus, batch: number): number | undefined {
  const tokens = encodePairs(tokenizer, validation).reduce((sum, pair) => sum + pair.tokens.length, 0);
  if (tokens <= 2 * EVALUATED) return undefined;
  return Math.max(1, Math.round((EVALUATED * validation.length) / tokens / batch));
}

/** How a run that learned answers is evaluated: how many it gives whole. */
export async function pairEvaluation(run: OpenedRun, options: EvalOptions): Promise<EvaluationData> {
  const tokenizer = tokenizerOf(run);
  const { config } = run;
  if (options.stride !== undefined) throw new UsageError("--stride is for texts: answers are looked at whole");
  // How the run's own table was read says nothing of another.
  const own = options.data === undefined ? tableOf(config as PairTableOptions) : {};
  const { promptColumn, answerColumn, encoding, skipBadRows } = options;
  const table = {
    promptColumn: promptColumn ?? own.promptColumn,
    answerColumn: answerColumn ?? own.answerColumn,
    encoding: encoding ?? own.encoding,
    skipBadRows: skipBadRows || own.skipBadRows,
  };
  const validation = options.data === undefined ? (config.validation as string | undefined) : undefined;
  const split = { validation, seed: Number(config.seed ?? 0) };
  const corpus = await readPairCorpus(dataOf(run, options), options.json, table, split);
  const pairs = partOf(corpus, options);
  const data = new SortedExamples(encodePairs(tokenizer, pairs), {
    batch: options.batch ?? 128,
    collate: padPairs,
    length: ({ tokens }) => tokens.length,
  });
  return {
    ...{ data, unit: tokenizer.unit ?? "token" },
    bytesPerToken: bytesPerToken(tokenizer, pairs),
    objective: answering,
  };
}

/** Of the answers alone, their ends among them: what the loss is the mean over. */
function bytesPerToken(tokenizer: Tokenizer, pairs: readonly Pair[]): number | undefined {
  const tokens = encodePairs(tokenizer, pairs).reduce((sum, pair) => sum + pair.tokens.length - pair.prompt, 0);
  const bytes = pairs.reduce((sum, { answer }) => sum + Buffer.byteLength(answer) + 1, 0);
  return tokens === 0 ? undefined : bytes / tokens;
}

/** Prompts whose answers are shown, of each part. */
const SHOWN = 5;

/** Lets the model answer some of what it was trained on, and some of what it has never seen. */
export async function showAnswers(
  model: LanguageModel,
  tokenizer: Tokenizer,
  options: CharOptions,
  out: Output,
): Promise<void> {
  // What there was to warn of has been said.
  const corpus = await corpusOf({ ...options, json: true });
  const parts = { train: "trained on", validation: "never seen" } as const;
  const rows: string[][] = [];
  for (const [part, label] of Object.entries(parts) as [keyof typeof parts, string][]) {
    const pairs = corpus[part].slice(0, SHOWN);
    const given = await answersOf(model, tokenizer, pairs);
    for (const [i, pair] of pairs.entries()) {
      const isRight = given[i] === pair.answer;
      rows.push([inLine(pair.prompt + given[i]), isRight ? "right" : `should be ${inLine(pair.answer)}`, label]);
      out.event("answer", { ...pair, given: given[i], part });
    }
  }
  out.say(`\nIt answers:\n\n${table(rows)}`);
}

/** Text as a cell of a table has it. */
const inLine = (text: string): string => {
  const line = text.replaceAll("\n", "⏎");
  return line.length > 60 ? `${line.slice(0, 59)}…` : line;
};

/** The model's greedy answers. */
async function answersOf(model: LanguageModel, tokenizer: Tokenizer, pairs: readonly Pair[]): Promise<string[]> {
  const prompts = pairs.map(({ prompt }) => prompt);
  const longest = encodePairs(tokenizer, pairs).reduce((most, pair) => Math.max(most, pair.tokens.length), 0);
  const stop = tokenizer.special?.endOfText === undefined ? ANSWER_END : undefined;
  const texts = await generateTexts(model, tokenizer, prompts, { tokens: 2 * longest, strategy: "greedy", stop });
  return texts.map((text, i) => text.slice(prompts[i].length));
}
