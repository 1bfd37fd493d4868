import type { Argv } from "yargs";
import type { CheckCommandOptions } from "../course/checkCommand.ts";
import { courseOption } from "../course/courseFile.ts";
import { testsOption } from "../course/hiddenTests.ts";
import { FOLDER, type HomeworkOptions } from "../course/homework.ts";
import type { ReportCommandOptions } from "../course/reportCommand.ts";
import type { RunCommandOptions } from "../course/runCommand.ts";
import { seedOption } from "../options.ts";
import { LANGUAGES } from "../report/language.ts";
import type { Everywhere } from "./command.ts";

/** For every command of a student's. */
const homeworkOptions = {
  folder: { type: "string", default: FOLDER, requiresArg: true, describe: "Where your solutions lie" },
  lang: { choices: LANGUAGES, requiresArg: true, describe: "en or ru: remembered from then on" },
  course: courseOption,
} as const;

const taskPosition = { type: "string", describe: "As `lectern course list` shows it" } as const;

/** `lectern course`: tasks, for students. `ownFirst` names a command's own options as a group. */
export function courseCommands(parser: Argv<Everywhere>, ownFirst: (command: Argv) => Argv) {
  return parser
    .command(
      "list",
      "List the tasks: points, and what is done",
      (command) =>
        ownFirst(command.options(homeworkOptions)).example([
          ["$0 course list --lang ru", "In Russian, here and from then on"],
          ["$0 course list --json", 'One line a task: {"task": …, "points": …, …}'],
        ]),
      async (options) => (await import("../course/listCommand.ts")).courseList(options as unknown as HomeworkOptions),
    )
    .command(
      "show <task>",
      "Print a task's text: what to write, why, the formula, an example",
      (command) =>
        ownFirst(command.positional("task", { ...taskPosition, demandOption: true }).options(homeworkOptions)).example(
          "$0 course show softmax",
          "The text, and where it lies",
        ),
      async (options) =>
        (await import("../course/listCommand.ts")).courseShow(options as unknown as HomeworkOptions & { task: string }),
    )
    .command(
      "start [task]",
      "Begin a task: its starter becomes a file of yours",
      (command) =>
        ownFirst(command.positional("task", taskPosition).options(homeworkOptions)).example([
          ["$0 course start softmax", "Writes homework/softmax.ts, where there is none yet"],
          ["$0 course start", "The next task that is not done"],
        ]),
      async (options) =>
        (await import("../course/startCommand.ts")).courseStart(
          options as unknown as HomeworkOptions & { task?: string },
        ),
    )
    .command(
      "check [task]",
      "See what is right, what is not, and which mistake it probably is",
      (command) =>
        ownFirst(
          command.positional("task", taskPosition).options({
            hint: { type: "boolean", default: false, describe: "Give the task's next hint" },
            types: {
              type: "boolean",
              default: false,
              describe: "Ask TypeScript too, also where no error points to types",
            },
            tests: testsOption,
            seed: seedOption,
            ...homeworkOptions,
          }),
        ).example([
          ["$0 course check softmax", "Points for each test, what came out and what is right"],
          ["$0 course check softmax --seed 7", "With the same inputs as the last time that said so"],
          ["$0 course check softmax --hint", "The next hint"],
          ["$0 course check", "All tasks that you have begun"],
        ]),
      async (options) =>
        (await import("../course/checkCommand.ts")).courseCheck(options as unknown as CheckCommandOptions),
    )
    .command(
      "run <task>",
      "Train with what you wrote, beside the library's own",
      (command) =>
        ownFirst(
          command.positional("task", { ...taskPosition, demandOption: true }).options({
            quick: { type: "boolean", default: false, describe: "Less of everything: seconds" },
            anyway: {
              type: "boolean",
              default: false,
              describe: "Also where points are missing: see what a mistake does",
            },
            out: { type: "string", default: "runs/course", requiresArg: true, describe: "The pages' folder" },
            seed: seedOption,
            ...homeworkOptions,
          }),
        ).example([
          ["$0 course run softmax", "A small GPT with your softmax: its curve, and a page"],
          ["$0 course run softmax --quick", "The same in seconds, with less to see"],
        ]),
      async (options) => (await import("../course/runCommand.ts")).courseRun(options as unknown as RunCommandOptions),
    )
    .command(
      "report",
      "Write a page for the teacher: points, tests, mistakes, hints, your code",
      (command) =>
        ownFirst(
          command.options({
            out: { type: "string", default: "runs/course/report.html", requiresArg: true, describe: "The page" },
            tests: testsOption,
            ...homeworkOptions,
          }),
        ).example([["$0 course report", "Checks everything anew; the page, and the same as JSON beside it"]]),
      async (options) =>
        (await import("../course/reportCommand.ts")).courseReport(options as unknown as ReportCommandOptions),
    )
    .demandCommand(
      1,
      "say what to do: `lectern course list`, then `lectern course start <task>` and `lectern course check <task>`",
    );
}
