import { type BatchSequence, ConsecutiveWindows, encodeText, evaluate, SortedExamples } from "@lectern/train";
import { encodeAll, readCorpus, readLabelledCorpus } from "../corpora.ts";
import { openDevice } from "../device.ts";
import { UsageError } from "../errors.ts";
import type { DeviceOptions } from "../options.ts";
import { grouped, output, table } from "../output.ts";
import { type OpenedRun, openRun } from "../runs.ts";
import { percent } from "../training.ts";

export interface EvalOptions extends DeviceOptions {
  readonly run: string;
  /** Other data than the run's own. */
  readonly data?: string;
  readonly split: "validation" | "test" | "train";
  readonly batch?: number;
  readonly json: boolean;
}

/** `lectern eval`: how well a run's best weights do on data held out from it. */
export async function evalRun(options: EvalOptions): Promise<void> {
  const out = output(options.json);
  await openDevice(options);
  const run = await openRun(options.run);
  const data = run.config.task === "char" ? await charData(run, options) : await classifyData(run, options);
  const { loss, accuracy, count } = await evaluate(run.model, data);
  const perplexity = Math.exp(loss);
  const unit = run.config.task === "char" ? run.tokenizer.unit : undefined;
  const bits = unit === undefined ? undefined : loss / Math.LN2;
  out.say(
    table([
      ["run", run.weights],
      ["data", `${options.data ?? run.config.data}, ${options.split}: ${grouped(count)} ${unit ?? "text"}s`],
      ["loss", loss.toFixed(4)],
      ...(bits === undefined
        ? []
        : [
            ["perplexity", perplexity.toFixed(3)],
            [`bits a ${unit}`, bits.toFixed(4)],
          ]),
      ["accuracy", percent(accuracy)],
    ]),
  );
  const figures = unit === undefined ? {} : { perplexity, bitsPerCharacter: bits };
  out.event("done", {
    valLoss: loss,
    accuracy,
    ...figures,
    count,
    split: options.split,
    device: options.device,
    run: options.run,
  });
}

async function charData({ config, tokenizer }: OpenedRun, options: EvalOptions): Promise<BatchSequence> {
  const corpus = await readCorpus(options.data ?? config.data, options.json);
  const { context } = config.model;
  return new ConsecutiveWindows(encodeText(tokenizer, part(corpus, options)), { context, batch: options.batch ?? 32 });
}

async function classifyData({ config, tokenizer }: OpenedRun, options: EvalOptions): Promise<BatchSequence> {
  if (config.task !== "classify") throw new Error("not a classifier's run");
  const corpus = await readLabelledCorpus(options.data ?? config.data, options.json, config);
  const labels = corpus.labels.join(", ");
  if (labels !== config.labels.join(", ")) {
    throw new Error(`the data's classes are ${labels}, the run was trained on ${config.labels.join(", ")}`);
  }
  const maxLength = config.model.context;
  return new SortedExamples(encodeAll(tokenizer, part(corpus, options)), { maxLength, batch: options.batch ?? 32 });
}

/** Errors: the data set has no such part. */
function part<T>(corpus: { name: string; train: T; validation: T; test?: T }, { split }: EvalOptions): T {
  const wanted = corpus[split];
  if (wanted === undefined) throw new UsageError(`--split: ${corpus.name} has no part for tests; take validation`);
  return wanted;
}
