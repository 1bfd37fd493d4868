import { GPT, loraLayers, mergeLoRA } from "@lectern/nn";
import { loadAdapter, openRun, RunFolder, saveHuggingFace } from "@lectern/train";
import { UsageError } from "../errors.ts";
import { modelPath } from "../models/resolve.ts";
import { runPosition } from "../options.ts";
import { grouped, output } from "../output.ts";
import { defineCommand } from "./command.ts";

/** `lectern merge`: a model with its adapters as one, in the layout of Hugging Face's `transformers`. */
export const command = defineCommand({
  options: (yargs) =>
    yargs
      .positional("run", { ...runPosition, describe: "A run's folder, or a model's in Hugging Face's layout" })
      .options({
        adapter: {
          type: "string",
          requiresArg: true,
          describe: "A folder with adapters, as peft or training with --lora writes them (default: the run's own)",
        },
        out: { type: "string", requiresArg: true, demandOption: true, describe: "The folder to write" },
      })
      .example([
        ["$0 merge runs/tuned --out models/tuned", "A run, its adapters merged, for transformers to open"],
        [
          "$0 merge path/to/gpt2 --adapter path/to/adapter --out models/both",
          "A model with the adapters that peft trained",
        ],
      ]),

  async run(options) {
    const out = output(options.json);
    if (await new RunFolder(options.out).file("config.json").exists()) {
      throw new UsageError(`--out: there is a model or a run in ${options.out} already; name another folder`);
    }
    const { model, tokenizer } = await openRun(await modelPath(options.run, options));
    if (!(model instanceof GPT)) throw new UsageError(`${options.run} is no GPT, and that layout is for GPTs alone`);
    if (options.adapter !== undefined) await loadAdapter(options.adapter, model);
    const adapters = loraLayers(model).size;
    await saveHuggingFace(options.out, mergeLoRA(model), tokenizer);
    out.say(
      `${options.out} has a GPT with ${grouped(model.numParameters())} parameters, ${adapters} adapters merged into it`,
    );
    out.event("done", { adapters, parameters: model.numParameters(), out: options.out });
  },
});
