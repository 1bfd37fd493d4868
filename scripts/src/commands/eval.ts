import { openRun } from "@lectern/train";
import { openDevice } from "../device.ts";
import { count, deviceOptions, runPosition } from "../options.ts";
import { grouped, output, percent, table } from "../output.ts";
import { taskOf } from "../tasks/index.ts";
import { badRowsOption, encodingOption, pairTableOptions, tableOptions } from "../tasks/options.ts";
import { jsonOf } from "../tasks/task.ts";
import { evaluateShown } from "../training.ts";
import { defineCommand } from "./command.ts";

/** `lectern eval`: how well a run's best weights do on data held out from it. */
export const command = defineCommand({
  options: (yargs) =>
    yargs
      .positional("run", runPosition)
      .options({
        data: { type: "string", requiresArg: true, describe: "Other data than the run was trained on" },
        split: {
          choices: ["validation", "test", "train"] as const,
          default: "validation" as "validation" | "test" | "train",
          requiresArg: true,
          describe: "Which part of the data",
        },
        labels: {
          type: "string",
          requiresArg: true,
          describe: "What the run calls the classes of other data: negative=neg,positive=pos",
        },
        ...tableOptions,
        ...pairTableOptions,
        ...badRowsOption,
        ...encodingOption,
        batch: count("batch", "Examples at once (default: 32)"),
        ...deviceOptions,
      })
      .example([
        ["$0 eval runs/moby-dick-tiny", "Loss, perplexity, bits a character, accuracy"],
        ["$0 eval runs/moby-dick-tiny --data my.txt", "The same on another text"],
        ["$0 eval runs/imdb-small --data my.csv --labels negative=neg,positive=pos", "Classes by other names"],
      ]),

  async run(options) {
    const out = output(options.json);
    await openDevice(options);
    const run = await openRun(options.run);
    const task = await taskOf(run);
    const { data, objective = task.objective, ...counted } = await task.evaluation(run, options);
    const found = await evaluateShown(run.model, data, { objective }, out);
    const { loss, accuracy, measures, count: targets } = found;
    const figures = task.figures(found, counted);
    const others = Object.entries(measures).filter(([name]) => name !== "loss" && name !== "accuracy");
    out.say(
      table([
        ["run", run.weights.path],
        ["data", `${nameOf(options.data ?? run.config.data)}${options.split}: ${grouped(targets)} ${counted.unit}s`],
        ["loss", loss.toFixed(4)],
        ...figures.map(([label, shown]) => [label, shown]),
        ...others.map(([name, value]) => [name, value.toFixed(4)]),
        ...(accuracy === undefined ? [] : [["accuracy", percent(accuracy)]]),
      ]),
    );
    out.event("done", {
      valLoss: loss,
      accuracy,
      ...jsonOf(figures),
      ...Object.fromEntries(others),
      count: targets,
      ...{ split: options.split, device: options.device, run: options.run },
    });
  },
});

/** `moby-dick, `; nothing where a task's data have no name. */
const nameOf = (data: unknown): string => (data === undefined ? "" : `${data}, `);
