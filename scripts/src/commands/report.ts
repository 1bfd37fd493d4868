import { openDevice } from "../device.ts";
import { UsageError } from "../errors.ts";
import { deviceOptions, langOption } from "../options.ts";
import { output } from "../output.ts";
import { reportRuns } from "../report/runReport.ts";
import { defineCommand } from "./command.ts";

/** `lectern report`: a page about a training, or about several, to compare them. */
export const command = defineCommand({
  options: (yargs) =>
    yargs
      .positional("runs", { type: "string", array: true, describe: "Runs' folders" })
      .options({
        out: {
          type: "string",
          requiresArg: true,
          describe: "The page (default: report.html in the run's folder, runs/comparison.html for several)",
        },
        lang: langOption,
        ...deviceOptions,
      })
      .example([
        ["$0 report runs/moby-dick-tiny", "Losses, learning rate, gradients, speed, samples, attention"],
        ["$0 report runs/small runs/large --lang ru", "Two runs in one picture, told in Russian"],
      ]),

  async run(options) {
    const { runs = [], out: file, lang: language, json } = options;
    const out = output(json);
    if (runs.length === 0) throw new UsageError("name a run's folder: `lectern report <run>`; several are compared");
    await openDevice(options);
    const report = await reportRuns(runs, { language, file });
    out.say([...report.curves, report.file].join("\n"));
    out.event("done", { report: report.file, runs });
  },
});
