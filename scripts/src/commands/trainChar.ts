import { manualSeed } from "@lectern/autograd";
import { GPT } from "@lectern/nn";
import { type Evaluation, generate, textData } from "@lectern/train";
import { firstPrompt, readCorpus } from "../corpora.ts";
import { openDevice } from "../device.ts";
import { TEMPERATURE } from "../options.ts";
import { grouped, output, runCommand } from "../output.ts";
import { type CharPreset, type CharPresetName, charPresets } from "../presets.ts";
import type { CharConfig } from "../runs.ts";
import {
  dataReference,
  describeResult,
  finish,
  percent,
  runFolder,
  runTraining,
  type TrainOptions,
  withOptions,
} from "../training.ts";

export interface TrainCharOptions extends TrainOptions {
  readonly preset: CharPresetName;
  /** Characters to write when trained. */
  readonly sample?: number;
}

/** Characters of the validation text that an evaluation on the way looks at. */
const EVALUATED = 20_000;

/** `lectern train char`: a GPT that learns to predict a text's next character. */
export async function trainChar(options: TrainCharOptions): Promise<void> {
  const out = output(options.json);
  const { seed = 0 } = options;
  await openDevice(options);
  manualSeed(seed);

  const corpus = await readCorpus(options.data, options.json);
  const preset: CharPreset = charPresets[options.preset];
  const { layers, heads, width, dropout, tiedHead, ...recipe } = withOptions(preset, options);
  const { context, batch } = recipe;
  const { train, validation, tokenizer } = textData(corpus, {
    ...{ context, batch, seed },
    description: { data: dataReference(options.data) },
  });
  const { epochs } = options;
  const steps = options.steps ?? (epochs ? Math.ceil(epochs * train.batchesPerEpoch) : recipe.steps);

  const model = new GPT({ vocabulary: tokenizer.size, layers, heads, width, context, dropout, tiedHead });
  const config: CharConfig = {
    task: "char",
    data: dataReference(options.data),
    preset: options.preset,
    seed,
    model: model.options,
    training: { ...recipe, steps },
  };
  const { unit } = tokenizer;
  out.say(
    [
      `data    ${corpus.name}: ${grouped(corpus.train.length)} ${unit}s to learn from, ${grouped(corpus.validation.length)} to validate on`,
      `model   GPT with ${grouped(model.numParameters())} parameters: layers ${layers}, heads ${heads}, width ${width}, context ${context}`,
      `run     ${runFolder(options)}, on ${options.device}\n`,
    ].join("\n"),
  );

  const evaluateBatches = Math.max(1, Math.round(EVALUATED / (batch * context)));
  const job = { model, config, tokenizer, train, validation, recipe, steps, evaluateBatches };
  const result = await runTraining(job, options, out);
  const { interrupted, run } = result;
  if (!interrupted) {
    const { sample = 300 } = options;
    out.say(`\n${describeResult(result)}${wellKnownMeasures(result.validation, unit)}`);
    if (sample > 0) {
      const sampling = { tokens: sample, temperature: TEMPERATURE, seed };
      const text = await generate(model, tokenizer, firstPrompt(tokenizer), sampling);
      out.say(`\nIt writes:\n\n${text.trim()}`);
      out.event("sample", { text });
    }
    out.say(`\nThe run is in ${run}. Let it write more:\n  ${runCommand(`generate ${run} --tokens 500`)}`);
  }
  finish(out, result, options.device);
}

/** Bits a character, or a byte, and accuracy, as papers give them. */
function wellKnownMeasures(validation: Evaluation | undefined, unit = "token"): string {
  if (validation === undefined) return "";
  const { loss, accuracy } = validation;
  return ` (${(loss / Math.LN2).toFixed(2)} bits a ${unit}, ${percent(accuracy)} right)`;
}
