import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";

/** The program. */
export const ENTRY = fileURLToPath(new URL("../bin/lectern.mjs", import.meta.url));

export interface Outcome {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Started {
  /** Sends a signal, Ctrl-C's unless another is named. */
  interrupt(signal?: NodeJS.Signals): void;
  /** Reads no further from standard output, as `head` does. */
  closeOutput(): void;
  /** Resolves when standard output or error has so much. */
  seen(text: string): Promise<void>;
  readonly ended: Promise<Outcome>;
}

export interface StartOptions {
  /** Whether a training writes its report: it takes longer than most of these trainings. */
  readonly report?: boolean;
}

/** Starts the real program in a folder. */
export function start(args: readonly string[], cwd: string, { report = false }: StartOptions = {}): Started {
  const trains = args[0] === "train" && args.includes("--data");
  const words = trains && !report ? [...args, "--no-report"] : args;
  const child = spawn(process.execPath, [ENTRY, ...words], { cwd, stdio: ["ignore", "pipe", "pipe"] });
  const texts = { stdout: "", stderr: "" };
  let changed = () => {};
  for (const name of ["stdout", "stderr"] as const) {
    child[name].setEncoding("utf8").on("data", (part: string) => {
      texts[name] += part;
      changed();
    });
  }
  return {
    interrupt: (signal = "SIGINT") => child.kill(signal),
    closeOutput: () => child.stdout.destroy(),
    seen: (text) =>
      new Promise((resolve) => {
        changed = () => {
          if (texts.stdout.includes(text) || texts.stderr.includes(text)) resolve();
        };
        changed();
      }),
    ended: new Promise((resolve) => {
      child.on("close", (code) => resolve({ code, ...texts }));
    }),
  };
}

/** Runs one command line to its end. */
export function lectern(args: readonly string[], cwd: string, options: StartOptions = {}): Promise<Outcome> {
  return start(args, cwd, options).ended;
}

export type Event = { readonly event: string } & Readonly<Record<string, unknown>>;

/** Every line of standard output as the JSON object it has to be. */
export function eventsOf({ stdout }: Outcome): Event[] {
  return stdout
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as Event);
}
