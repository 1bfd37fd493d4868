import yargs, { type Argv } from "yargs";
import type { Everywhere } from "./commands/command.ts";
import { commands } from "./commands/index.ts";
import type { LectureRunOptions } from "./commands/lecture.ts";
import { describe, exitCode, UsageError } from "./errors.ts";
import { isPublished } from "./installation.ts";
import { deviceOptions, langOption, lastOf, seedOption } from "./options.ts";
import { watchStreams } from "./streams.ts";
import { tasks } from "./tasks/index.ts";
import type { TrainOptions } from "./tasks/options.ts";
import { version } from "./version.ts";

/** Runs one command line, prints what goes wrong, and ends the process: 0 done, 1 failed, 2 called wrongly. */
export async function main(args: readonly string[]): Promise<void> {
  watchStreams();
  const debug = args.includes("--debug");
  const fail = (error: unknown): void => {
    process.stderr.write(`${describe(error, debug)}\n`);
    end(exitCode(error));
  };
  process.on("uncaughtException", fail);
  try {
    await run(args);
    end(Number(process.exitCode ?? 0));
  } catch (error) {
    fail(error);
  }
}

/** Runs one command line in this process. Errors: what goes wrong, a `UsageError` where it was called wrongly. */
export async function run(args: readonly string[]): Promise<void> {
  try {
    await program(args).parseAsync();
  } catch (error) {
    // What an option's value is refused for comes this way where a command's options are loaded first.
    throw error instanceof Error && error.name === "YError" ? asUsageError(args, null, error) : error;
  }
}

/** Exits once what was printed has left. Workers and GPU handles would otherwise keep the process alive. */
function end(code: number): void {
  process.stdout.write("", () => process.exit(code));
}

function program(args: readonly string[]) {
  const parser: Argv = yargs(args.length === 0 ? ["--help"] : valuesJoined(args));
  const withEverywhere = parser
    .scriptName("lectern")
    .usage("Trains transformers, on an automatic differentiation engine written from scratch.\n\n$0 <command>")
    // Numbers stay texts until an option reads them: yargs would count a 1 that is said again as one more.
    .parserConfiguration({ "boolean-negation": false, "strip-aliased": true, "parse-numbers": false })
    .middleware([takeLast, takeBehindDashes], true)
    .option("json", { type: "boolean", default: false, global: true, describe: "Print one JSON object a line" })
    .option("debug", { type: "boolean", default: false, global: true, describe: "Show an error's stack" })
    .command("data", "List data sets, or download one", dataCommands, () => {})
    .command("model", "List models that others trained, or download one", modelCommands, () => {})
    .command("train", "Train a model", trainCommands, () => {})
    .command("lecture", "List the lecture's experiments, or run them", lectureCommands, () => {})
    .command(
      "course",
      "Tasks for students: list them, begin one, see what is right, train with it",
      async (command) => {
        const { courseCommands } = await import("./commands/course.ts");
        const { teacherCommands } = await import("./commands/courseTeacher.ts");
        return teacherCommands(courseCommands(isPublished ? refuseOutside(command) : command, ownFirst), ownFirst);
      },
      () => {},
    );
  for (const { usage, describe, load } of commands) {
    withEverywhere.command(
      usage,
      describe,
      async (command) => ownFirst((await load()).command.options(command as Argv<Everywhere>)),
      async (options) => (await load()).command.run(options),
    );
  }
  return (
    withEverywhere
      .example([
        ["$0 train char --data moby-dick", "Learn to write, in about a minute"],
        ["$0 generate runs/moby-dick-tiny --prompt 'The sea'", "Go on from a prompt with that model"],
        ["$0 train classify --data names", "Learn to tell two kinds of text apart"],
        ["$0 <command> --help", "A command's options and examples"],
      ])
      .epilogue(WHERE)
      .demandCommand(1, "say what to do: `lectern --help` lists the commands")
      .recommendCommands()
      .strict()
      // The typings know texts alone; yargs also takes one text for one thing and one for several.
      .updateStrings(WORDING as Record<string, unknown> as Record<string, string>)
      .group(EVERYWHERE, "Everywhere:")
      .help()
      .alias("help", "h")
      .version(version)
      .wrap(Math.min(100, process.stdout.columns ?? 100))
      .exitProcess(false)
      .fail((message: string | null, error: Error | undefined) => {
        throw asUsageError(args, message, error);
      })
  );
}

/** What needs the repository, since what it works with is not published. */
function refuseOutside(_: Argv<Everywhere>): never {
  throw new UsageError(
    "`lectern course` works in Lectern's repository alone, where the tasks lie: clone it, and run `npm start`",
  );
}

const WHERE = isPublished
  ? "In a project that has installed it, type `npx lectern <command> …`."
  : "In the repository's folder, type `npm run lectern -- <command> …` or `pnpm lectern <command> …`.";

const EVERYWHERE = ["json", "debug", "help", "version"];

/** Names a command's own options as a group, which stands above those that are everywhere. */
function ownFirst(command: Argv): Argv {
  // Known to yargs' documentation, and not to its typings.
  const { key } = (command as Argv & { getOptions(): { key: object } }).getOptions();
  const own = Object.keys(key).filter((name) => !EVERYWHERE.includes(name) && !LISTS.has(name) && !POSITIONS.has(name));
  return command.group(own, "Options:");
}

/** Words of commands that are no options. */
const POSITIONS = new Set(["run", "task"]);

/** Options that take no value. */
const FLAGS = new Set([
  ...["json", "debug", "help", "version", "resume", "overwrite", "profile"],
  ...["skip-bad-rows", "explain", "merges", "early-stopping", "per-token"],
  ...["quick", "no-report", "hint", "anyway", "types"],
]);

/**
 * A command line as yargs has to read it: `--prompt -The` as `--prompt=-The`, since what follows an option that takes a value
 * is one, also where it begins with a dash; and a text such as `- The` behind `--`, with the words that come after it.
 */
export function valuesJoined(args: readonly string[]): string[] {
  const [joined, texts] = [[] as string[], [] as string[]];
  for (let i = 0; i < args.length; i++) {
    const [word, value] = [args[i], args[i + 1]];
    if (word === "--") {
      texts.push(...args.slice(i + 1));
      break;
    }
    const takesValue = /^--[a-z][a-z-]*$/.test(word) && !FLAGS.has(word.slice(2));
    // Another option's name is none: then the value is missing, which is told.
    const isValue = value !== undefined && !/^--[a-z][a-z-]*(=|$)/.test(value);
    if (takesValue && isValue) {
      joined.push(...(value.startsWith("-") ? [`${word}=${value}`] : [word, value]));
      i++;
    } else if (isDashedText(word) || (texts.length > 0 && !word.startsWith("-"))) texts.push(word);
    else joined.push(word);
  }
  return texts.length === 0 ? joined : [...joined, "--", ...texts];
}

/** Whether a word that begins with a dash cannot be an option: `- The`, `-- he said`, `-5 degrees`. */
const isDashedText = (word: string) => /^-+[^a-z-]/i.test(word) || /^-[^=]*\s/.test(word);

/**
 * An option that is given twice is what was said last. yargs has a setting for that, but it also keeps only the last of the
 * words that a command takes several of.
 */
function takeLast(options: Record<string, unknown>): void {
  for (const [name, value] of Object.entries(options)) if (!LISTS.has(name)) options[name] = lastOf(value);
}

/** What stands behind `--` belongs to the words that a command takes several of, which yargs does not give it. */
function takeBehindDashes(options: Record<string, unknown>): void {
  const behind = options["--"];
  const list = listOf(commands.find(({ usage }) => usage.split(" ")[0] === (options._ as unknown[])[0])?.usage ?? "");
  if (!Array.isArray(behind) || list === undefined) return;
  options[list] = [...((options[list] as unknown[] | undefined) ?? []), ...behind.map(String)];
  delete options["--"];
}

/** What a command takes several of: `[text..]`. */
const listOf = (usage: string): string | undefined => /\[(\w+)\.\.\]/.exec(usage)?.[1];

/** What may be given several times: lists, and what stands before and behind `--`. */
const LISTS = new Set([
  "submissions",
  "_",
  "--",
  "experiment",
  "prompt",
  "stop",
  ...commands.flatMap(({ usage }) => listOf(usage) ?? []),
]);

function dataCommands(parser: Argv<{ json: boolean }>) {
  return parser
    .command(
      "list",
      "List the data sets that have a name",
      (command) => command.example("$0 data list", "What there is, and what has been downloaded"),
      async ({ json }) => (await import("./commands/data.ts")).dataList({ json }),
    )
    .command(
      "fetch <name>",
      "Download a data set into the cache folder",
      (command) =>
        command
          .positional("name", { type: "string", demandOption: true, describe: "As `lectern data list` shows it" })
          .example("$0 data fetch tiny-shakespeare", "1.1 MB of plays; training on it fetches it too"),
      async ({ name, json }) => (await import("./commands/data.ts")).dataFetch({ name, json }),
    )
    .demandCommand(1, "say what to do with data: `lectern data list` or `lectern data fetch <name>`");
}

function modelCommands(parser: Argv<{ json: boolean }>) {
  return parser
    .command(
      "list",
      "List the models that have a name",
      (command) => command.example("$0 model list", "What there is, and what has been downloaded"),
      async ({ json }) => (await import("./commands/model.ts")).modelList({ json }),
    )
    .command(
      "fetch <name>",
      "Download a model into the cache folder",
      (command) =>
        command
          .positional("name", {
            ...{ type: "string", demandOption: true },
            describe: "As `lectern model list` shows it, or a repository on the hub",
          })
          .options({
            hub: {
              type: "string",
              requiresArg: true,
              describe: "The hub's address (default: LECTERN_HUB, or huggingface.co)",
            },
            revision: { type: "string", requiresArg: true, describe: "A commit, a branch or a tag of the repository" },
          })
          .example([
            ["$0 model fetch gpt2", "551 MB; generating with it fetches it too"],
            ["$0 model fetch sshleifer/tiny-gpt2 --revision main", "Any repository with GPT-2's architecture"],
          ]),
      async ({ name, hub, revision, json }) =>
        (await import("./commands/model.ts")).modelFetch({ name: name as string, hub, revision, json }),
    )
    .demandCommand(1, "say what to do with models: `lectern model list` or `lectern model fetch <name>`");
}

function lectureCommands(parser: Argv<Everywhere>) {
  return parser
    .command(
      "list",
      "List the experiments in the lecture's order",
      (command) => command.option("lang", langOption).example("$0 lecture list", "What there is to run"),
      async ({ json, lang }) => (await import("./commands/lecture.ts")).lectureList({ json, lang }),
    )
    .command(
      "run <experiment..>",
      "Run experiments, write their reports, and say which claims hold",
      (command) =>
        ownFirst(
          command
            .positional("experiment", {
              ...{ type: "string", array: true, demandOption: true },
              describe: "Names, files of your own, or `all`",
            })
            .options({
              quick: { type: "boolean", default: false, describe: "Smaller: seconds in the place of minutes" },
              out: { type: "string", default: "runs/lecture", requiresArg: true, describe: "The reports' folder" },
              lang: langOption,
              seed: seedOption,
              set: { type: "string", requiresArg: true, describe: "Other settings: name=value,name=value" },
              ...deviceOptions,
            })
            .example([
              ["$0 lecture run attention-basic", "One experiment: its claims, and where its report is"],
              ["$0 lecture run all --quick", "Every experiment in a few minutes, and a page that links them"],
              ["$0 lecture run ./experiments/mine.ts", "An experiment of your own"],
            ]),
        ),
      // The options are those that have just been declared.
      async (options) =>
        (await import("./commands/lecture.ts")).lectureRun(options as unknown as Everywhere & LectureRunOptions),
    )
    .demandCommand(1, "say what to do: `lectern lecture list` or `lectern lecture run <experiment..>`");
}

function trainCommands(parser: Argv<Everywhere>) {
  // Each name is a command of its own: an alias's help would speak of the other one.
  const named = tasks.flatMap(({ aliases = [], ...task }) =>
    [task.name, ...aliases].map((word) => ({ ...task, word })),
  );
  for (const { name, word, describe, load } of named) {
    parser.command(
      word,
      word === name ? describe : `${describe}: another name of \`train ${name}\``,
      async (command) => {
        const task = await load();
        const { trainOptions } = await import("./tasks/options.ts");
        const examples = task.examples.map(([line, what]) => [line, what] as [string, string]);
        return ownFirst(trainOptions(task.options(command), task).example(examples));
      },
      async (options) => {
        const { train } = await import("./training.ts");
        // The options are those that the task has just declared.
        await train(await load(), options as unknown as TrainOptions);
      },
    );
  }
  const names = tasks.map(({ name }) => `\`lectern train ${name}\``);
  return parser.demandCommand(1, `say what to train: ${names.join(" or ")}`);
}

/** yargs reports wrong usage by a message (with an error of its own or none), and a command's failure by an error alone. */
function asUsageError(args: readonly string[], message: string | null, error: Error | undefined): Error {
  if (error?.name === "YError" && message === null) return new UsageError(error.message);
  if (error !== undefined && (message === null || error.name !== "YError")) return error;
  if (message?.includes("`lectern ")) return new UsageError(message);
  const unknown = args.findIndex((word) => !COMMANDS.has(word));
  const words = unknown < 0 ? args : args.slice(0, unknown);
  return new UsageError(`${message}; see \`lectern ${[...words, "--help"].join(" ")}\``);
}

/** The words that make a command, for pointing at the right help. */
const COMMANDS = new Set([
  ...[
    "data",
    "model",
    "list",
    "fetch",
    "train",
    "lecture",
    "run",
    "course",
    "show",
    "start",
    "check",
    "grade",
    "export",
  ],
  ...tasks.map(({ name }) => name),
  ...commands.map(({ usage }) => usage.split(" ")[0]),
]);

/** yargs' own words for wrong usage, each in one clause. */
const WORDING = {
  "Unknown argument: %s": { one: "there is no option or command %s", other: "there are no options or commands %s" },
  "Unknown command: %s": { one: "there is no command %s", other: "there are no commands %s" },
  "Missing required argument: %s": { one: "--%s is missing", other: "options are missing: %s" },
  "Not enough arguments following: %s": "--%s needs a value",
  "Not enough non-option arguments: got %s, need at least %s": {
    one: "a word is missing: %s stands after the command, and it takes %s at least",
    other: "a word is missing: %s stand after the command, and it takes %s at least",
  },
  "Arguments %s and %s are mutually exclusive": "--%s and --%s exclude each other",
  "Invalid values:": "wrong value:",
  "Argument: %s, Given: %s, Choices: %s": "--%s is %s, and has to be one of %s",
  "Did you mean %s?": "there is no such command, did you mean %s",
};
