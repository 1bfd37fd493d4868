import { readFileSync } from "node:fs";
import yargs, { type Argv } from "yargs";
import { benchOptions } from "./bench/options.ts";
import { describe, exitCode, UsageError } from "./errors.ts";
import { charOptions, classifyOptions, evalOptions, generateOptions, lastOf } from "./options.ts";

/** The version of the root's package.json. */
const { version } = JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8")) as {
  version: string;
};

/** Runs one command line, prints what goes wrong, and ends the process: 0 done, 1 failed, 2 called wrongly. */
export async function main(args: readonly string[]): Promise<void> {
  // A reader that has seen enough (`lectern … | head`) closes the pipe: that is no failure.
  process.stdout.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code === "EPIPE") process.exit(0);
    throw error;
  });
  const debug = args.includes("--debug");
  const fail = (error: unknown): void => {
    process.stderr.write(`${describe(error, debug)}\n`);
    end(exitCode(error));
  };
  process.on("uncaughtException", fail);
  try {
    await program(args).parseAsync();
    end(Number(process.exitCode ?? 0));
  } catch (error) {
    fail(error);
  }
}

/** Exits once what was printed has left. Workers and GPU handles would otherwise keep the process alive. */
function end(code: number): void {
  process.stdout.write("", () => process.exit(code));
}

function program(args: readonly string[]) {
  const parser: Argv = yargs(args.length === 0 ? ["--help"] : [...args]);
  return (
    parser
      .scriptName("lectern")
      .usage("Trains transformers, on an automatic differentiation engine written from scratch.\n\n$0 <command>")
      .parserConfiguration({ "boolean-negation": false, "strip-aliased": true })
      .middleware(takeLast, true)
      .option("json", { type: "boolean", default: false, global: true, describe: "Print one JSON object a line" })
      .option("debug", { type: "boolean", default: false, global: true, describe: "Show an error's stack" })
      .command(
        "info",
        "Show devices, versions and folders",
        (command) => command.example("$0 info", "Which devices are there, and why one is not"),
        async ({ json }) => (await import("./commands/info.ts")).info({ json, version }),
      )
      .command("data", "List data sets, or download one", dataCommands, () => {})
      .command("train", "Train a model", trainCommands, () => {})
      .command(
        "eval <run>",
        "Measure how well a trained model does",
        (command) =>
          evalOptions(command).example([
            ["$0 eval runs/moby-dick-tiny", "Loss, perplexity, bits a character, accuracy"],
            ["$0 eval runs/moby-dick-tiny --data my.txt", "The same on another text"],
          ]),
        async (options) => (await import("./commands/eval.ts")).evalRun(options),
      )
      .command(
        "generate <run>",
        "Write text with a trained character model",
        (command) =>
          generateOptions(command).example([
            ["$0 generate runs/moby-dick-tiny --prompt 'The sea'", "Draw each character as the model weighs it"],
            ["$0 generate runs/moby-dick-tiny --temperature 0.5 --top-k 10", "Play safe"],
            ["$0 generate runs/moby-dick-tiny --strategy greedy", "Always the likeliest: soon repeats itself"],
          ]),
        async (options) => (await import("./commands/generate.ts")).generateText(options),
      )
      .command(
        "bench [workload..]",
        "Measure how fast workloads run here, beside others if asked",
        (command) =>
          benchOptions(command).example([
            ["$0 bench", "A step of each of the four training workloads"],
            ["$0 bench char-baby --vs torch,jax-js", "The same in PyTorch and jax-js, in turn, with the ratios"],
            ["$0 bench char-mid --profile", "Where a step's time goes, by op"],
            ["$0 bench scaling", "How a step's time grows with width, depth, context and batch"],
          ]),
        async (options) => (await import("./commands/bench.ts")).bench(options),
      )
      .example([
        ["$0 train char --data moby-dick", "Learn to write, in about a minute"],
        ["$0 generate runs/moby-dick-tiny --prompt 'The sea'", "Go on from a prompt with that model"],
        ["$0 train classify --data names", "Learn to tell two kinds of text apart"],
        ["$0 <command> --help", "A command's options and examples"],
      ])
      .epilogue("In the repository's folder, type `npm run lectern -- <command> …` or `pnpm lectern <command> …`.")
      .demandCommand(1, "say what to do: `lectern --help` lists the commands")
      .recommendCommands()
      .strict()
      // The typings know texts alone; yargs also takes one text for one thing and one for several.
      .updateStrings(WORDING as Record<string, unknown> as Record<string, string>)
      .group(["json", "debug", "help", "version"], "Everywhere:")
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

/**
 * An option that is given twice is what was said last. yargs has a setting for that, but it also keeps only the last of the
 * words that a command takes several of.
 */
function takeLast(options: Record<string, unknown>): void {
  const words = new Set(["_", "workload"]);
  for (const [name, value] of Object.entries(options)) if (!words.has(name)) options[name] = lastOf(value);
}

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

function trainCommands(parser: Argv<{ json: boolean }>) {
  return parser
    .command(
      "char",
      "Train a GPT to predict a text's next character",
      (command) =>
        charOptions(command).example([
          ["$0 train char --data moby-dick", "The small default model, about a minute"],
          ["$0 train char --data my.txt --preset baby --steps 2000", "A larger model, on a text of your own"],
          ["$0 train char --data moby-dick --steps 5000 --resume", "Go on where the first run ended"],
          ["$0 train char --data moby-dick --json", "Losses as JSON lines, for a program"],
        ]),
      async (options) => (await import("./commands/trainChar.ts")).trainChar(options),
    )
    .command(
      "classify",
      "Train a transformer to classify texts",
      (command) =>
        classifyOptions(command).example([
          ["$0 train classify --data names", "First names, read letter by letter: seconds"],
          ["$0 train classify --data reviews.tsv --preset small", "A table with a text and a label column"],
          ["$0 train classify --data imdb --preset lecture", "50,000 film reviews, as in the lecture"],
        ]),
      async (options) => (await import("./commands/trainClassify.ts")).trainClassify(options),
    )
    .demandCommand(1, "say what to train: `lectern train char` or `lectern train classify`");
}

/** yargs reports wrong usage by a message (with an error of its own or none), and a command's failure by an error alone. */
function asUsageError(args: readonly string[], message: string | null, error: Error | undefined): Error {
  if (error !== undefined && (message === null || error.name !== "YError")) return error;
  if (message?.includes("`lectern ")) return new UsageError(message);
  const unknown = args.findIndex((word) => !COMMANDS.has(word));
  const words = unknown < 0 ? args : args.slice(0, unknown);
  return new UsageError(`${message}; see \`lectern ${[...words, "--help"].join(" ")}\``);
}

/** The words that make a command, for pointing at the right help. */
const COMMANDS = new Set(["info", "data", "list", "fetch", "train", "char", "classify", "eval", "generate", "bench"]);

/** yargs' own words for wrong usage, each in one clause. */
const WORDING = {
  "Unknown argument: %s": { one: "there is no option or command %s", other: "there are no options or commands %s" },
  "Unknown command: %s": { one: "there is no command %s", other: "there are no commands %s" },
  "Missing required argument: %s": { one: "--%s is missing", other: "options are missing: %s" },
  "Not enough arguments following: %s": "--%s needs a value",
  "Not enough non-option arguments: got %s, need at least %s": {
    one: "there is %s word after the command, at least %s has to be",
    other: "there are %s words after the command, at least %s has to be",
  },
  "Arguments %s and %s are mutually exclusive": "--%s and --%s exclude each other",
  "Invalid values:": "wrong value:",
  "Argument: %s, Given: %s, Choices: %s": "--%s is %s, and has to be one of %s",
  "Did you mean %s?": "there is no such command, did you mean %s",
};
