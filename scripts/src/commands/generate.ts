import { generate } from "@lectern/train";
import { firstPrompt } from "../corpora.ts";
import { openDevice } from "../device.ts";
import { UsageError } from "../errors.ts";
import { type DeviceOptions, TEMPERATURE } from "../options.ts";
import { output } from "../output.ts";
import { openRun } from "../runs.ts";

export interface GenerateCommandOptions extends DeviceOptions {
  readonly run: string;
  readonly prompt?: string;
  readonly tokens?: number;
  readonly strategy: "greedy" | "sample";
  readonly temperature?: number;
  readonly topK?: number;
  readonly topP?: number;
  readonly seed?: number;
  readonly json: boolean;
}

/** `lectern generate`: goes on from a prompt with a trained character model, and prints each token as it comes. */
export async function generateText(options: GenerateCommandOptions): Promise<void> {
  const out = output(options.json);
  if (options.prompt === "") throw new UsageError("--prompt is empty; leave it away, or give one character at least");
  await openDevice(options);
  const { config, model, tokenizer } = await openRun(options.run);
  if (config.task !== "char") {
    throw new UsageError(`${options.run} is a classifier, which writes no text; name a run of \`lectern train char\``);
  }
  const { tokens = 300, strategy, temperature = TEMPERATURE, topK, topP, seed } = options;
  const prompt = options.prompt ?? firstPrompt(tokenizer);
  const write = (text: string) => {
    if (!out.json) process.stdout.write(text);
  };
  if (options.prompt !== undefined) write(prompt);
  const start = performance.now();
  const text = await generate(model, tokenizer, prompt, {
    ...{ tokens, strategy, temperature, topK, topP, seed },
    onToken: write,
  });
  const seconds = (performance.now() - start) / 1000;
  write("\n");
  out.event("done", {
    ...{ prompt, text, tokens },
    ...{ tokensPerSecond: tokens / seconds, device: options.device, run: options.run },
  });
}
