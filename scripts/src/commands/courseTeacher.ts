import type { Argv } from "yargs";
import { courseOption } from "../course/courseFile.ts";
import type { ExportCommandOptions } from "../course/exportCommand.ts";
import type { GradeCommandOptions } from "../course/gradeCommand.ts";
import { testsOption } from "../course/hiddenTests.ts";
import { receivedOption } from "../course/submissions.ts";
import { count, langOption, seedOption } from "../options.ts";
import type { Everywhere } from "./command.ts";

/** `lectern course grade` and `export`: for teachers. `ownFirst` names a command's own options as a group. */
export function teacherCommands(parser: Argv<Everywhere>, ownFirst: (command: Argv) => Argv) {
  return parser
    .command(
      "grade <submissions..>",
      "Grade a class: a folder a student, or one that holds them all",
      (command) =>
        ownFirst(
          command
            .positional("submissions", { type: "string", array: true, demandOption: true, describe: "Folders" })
            .options({
              course: courseOption,
              tests: testsOption,
              received: receivedOption,
              out: {
                type: "string",
                default: "grades.csv",
                requiresArg: true,
                describe: "The table; a .json beside it",
              },
              lang: { ...langOption, describe: "The language of the table, and what Excel expects in it" },
              jobs: count("jobs", "So many are checked at a time (default: half of the processors)"),
              seed: seedOption,
            }),
        ).example([
          ["$0 course grade submissions", "Every folder in submissions/ is a student's"],
          [
            "$0 course grade submissions --tests hidden --course spring.yaml",
            "With tests, points and deadlines of one's own",
          ],
        ]),
      async (options) =>
        (await import("../course/gradeCommand.ts")).courseGrade(options as unknown as GradeCommandOptions),
    )
    .command(
      "export <folder>",
      "Make a repository for students: without solutions, graded on every push",
      (command) =>
        ownFirst(
          command
            .positional("folder", { type: "string", demandOption: true, describe: "An empty folder, or none yet" })
            .options({ course: courseOption }),
        ).example("$0 course export ../students", "Then `git init` there, or make it GitHub Classroom's template"),
      async (options) =>
        (await import("../course/exportCommand.ts")).courseExport(options as unknown as ExportCommandOptions),
    );
}
