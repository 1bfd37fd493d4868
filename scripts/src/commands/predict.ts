import { buffer } from "node:stream/consumers";
import { decodeText } from "@lectern/datasets";
import { readTextOf } from "../corpora.ts";
import { openDevice } from "../device.ts";
import { UsageError } from "../errors.ts";
import { openModel } from "../models/open.ts";
import { count, deviceOptions, runPosition } from "../options.ts";
import { output } from "../output.ts";
import { taskOf } from "../tasks/index.ts";
import { encodingOption } from "../tasks/options.ts";
import { defineCommand } from "./command.ts";

/** `lectern predict`: the classes of texts, with their probabilities. */
export const command = defineCommand({
  options: (yargs) =>
    yargs
      .positional("run", runPosition)
      .positional("text", {
        type: "string",
        array: true,
        default: [] as string[],
        describe: "Texts, each in quotes; lines of standard input where there are none",
      })
      .options({
        file: { type: "string", requiresArg: true, describe: "A file with a text on each line" },
        ...encodingOption,
        batch: count("batch", "Texts at once (default: 32)"),
        ...deviceOptions,
      })
      .example([
        ["$0 predict runs/imdb-small 'A film to forget.'", "Classes of a sentence, the likeliest first"],
        ["$0 predict runs/imdb-small --file lines.txt --json", "Of each line of a file, as JSON lines"],
        ["cat lines.txt | $0 predict runs/imdb-small", "Of each line of standard input"],
      ]),

  async run(options) {
    const out = output(options.json);
    await openDevice(options);
    const { run } = await openModel(options.run, options.json);
    const task = await taskOf(run);
    if (task.predict === undefined) {
      throw new UsageError(
        `${options.run} predicts ${run.predicts}, not classes: let it write with \`lectern generate\``,
      );
    }
    const texts = await textsOf(options);
    const start = performance.now();
    await task.predict(run, { texts, batch: options.batch }, out);
    const seconds = (performance.now() - start) / 1000;
    out.event("done", { texts: texts.length, seconds, device: options.device, run: options.run });
  },
});

/** What is to be classified. Errors: nothing; a file or lines that cannot be read. */
async function textsOf(options: { text: string[]; file?: string; encoding?: string }): Promise<string[]> {
  const { text: words, file, encoding } = options;
  if (words.length > 0 && file !== undefined) throw new UsageError("give either texts or --file");
  if (words.some((text) => String(text).trim() === "")) {
    throw new UsageError("there is no text to classify: one of those given is empty");
  }
  if (words.length > 0) return words.map(String);
  if (file === undefined && process.stdin.isTTY) {
    throw new UsageError("say what to classify: texts in quotes, --file, or lines on standard input");
  }
  const content =
    file === undefined
      ? decodeText(await buffer(process.stdin), "standard input", encoding)
      : await readTextOf("file", file, encoding);
  const found = content.split(/\r?\n/).filter((line) => line.trim() !== "");
  if (found.length === 0) throw new UsageError("there is no text to classify: every line is empty");
  return found;
}
