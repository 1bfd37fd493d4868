import type { Argv } from "yargs";
import { UsageError } from "../errors.ts";
import { deviceOptions, numberOption } from "../options.ts";
import { PEERS } from "./peers.ts";

/** The options of `lectern bench`. Names of workloads and peers are checked by the command. */
export function benchOptions<T>(yargs: Argv<T>) {
  return yargs
    .positional("workload", {
      type: "string",
      array: true,
      default: [] as string[],
      describe:
        "char-baby, char-mid, enwik8-lecture, imdb-lecture (these unless named); lstm, lenet, resnet-8; matmul, attention, generate, gpt2, startup, scaling; all",
    })
    .options({
      vs: {
        type: "string",
        requiresArg: true,
        describe: `Measure peers in turn with us, separated by commas: ${PEERS.map(({ name }) => name).join(", ")}`,
      },
      rounds: numberOption("rounds", "Processes of each (default: 3 for training and with --vs, else 1)", {
        whole: true,
        min: 1,
      }),
      steps: numberOption("steps", "Timed runs of each case in a round (default: enough for a steady median)", {
        whole: true,
        min: 1,
      }),
      threads: numberOption("threads", "Threads, ours and the peers' (default: all processors)", {
        whole: true,
        min: 1,
        max: 64,
      }),
      blas: {
        choices: ["on", "off"] as const,
        default: "on" as "on" | "off",
        requiresArg: true,
        describe: "Whether large products may go to the system's BLAS",
      },
      profile: {
        type: "boolean",
        default: false,
        describe: "Show where a training step's time goes, by op, under the machine's roofline",
      },
      ...deviceOptions,
    });
}

/** The names in a list. Errors: one that is not known. */
export function namesAmong(what: string, given: readonly string[], known: readonly string[]): string[] {
  const unknown = given.find((name) => !known.includes(name));
  if (unknown === undefined) return [...new Set(given)];
  throw new UsageError(`bench: there is no ${what} "${unknown}"; there are ${known.join(", ")}`);
}
