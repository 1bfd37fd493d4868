import { evaluateClasses, type Model } from "@lectern/train";
import { classesOf, describeClasses } from "../classScores.ts";
import { openDevice } from "../device.ts";
import { openModel } from "../models/open.ts";
import { count, deviceOptions, runPosition } from "../options.ts";
import { grouped, output, percent, table } from "../output.ts";
import { taskOf } from "../tasks/index.ts";
import { badRowsOption, encodingOption, pairTableOptions, tableOptions } from "../tasks/options.ts";
import { jsonOf } from "../tasks/task.ts";
import { tellTokens } from "../tokenLosses.ts";
import { evaluateShown, shown } from "../training.ts";
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
        stride: count(
          "stride",
          "Move the window over a text by so many tokens, so that each is predicted from more before it (default: the context)",
        ),
        "per-token": { type: "boolean", default: false, describe: "Show each token's loss" },
        batch: count("batch", "Examples at once (default: 32)"),
        ...deviceOptions,
      })
      .example([
        ["$0 eval runs/moby-dick-tiny", "Loss, perplexity, bits a character, accuracy"],
        ["$0 eval runs/moby-dick-tiny --data my.txt", "The same on another text"],
        ["$0 eval runs/moby-dick-tiny --stride 16", "Each character from at least three quarters of a context"],
        ["$0 eval runs/moby-dick-tiny --per-token --json", "How little each character was expected"],
        ["$0 eval runs/imdb-small --data my.csv --labels negative=neg,positive=pos", "Classes by other names"],
      ]),

  async run(options) {
    const out = output(options.json);
    await openDevice(options);
    const { run } = await openModel(options.run, options.json);
    const task = await taskOf(run);
    const { data, objective = task.objective, labels, ...counted } = await task.evaluation(run, options);
    if (options["per-token"]) await tellTokens(run, data, labels, out);
    const byClass = labels && (await evaluateClasses(run.model as Model, shown(data, out), labels.length));
    const found = byClass ?? (await evaluateShown(run.model, data, { objective }, out));
    const classes = byClass && classesOf(labels, byClass.confusion);
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
    if (classes !== undefined) out.say(`\n${describeClasses(classes)}`);
    out.event("done", {
      valLoss: loss,
      accuracy,
      ...jsonOf(figures),
      ...Object.fromEntries(others),
      ...classes,
      count: targets,
      ...{ split: options.split, device: options.device, run: options.run },
    });
  },
});

/** `moby-dick, `; nothing where a task's data have no name. */
const nameOf = (data: unknown): string => (data === undefined ? "" : `${data}, `);
