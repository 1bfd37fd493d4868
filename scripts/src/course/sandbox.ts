import { type ChildProcess, spawn } from "node:child_process";
import { readFileSync, rmSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Plain } from "./exercise.ts";
import { rootFolder } from "./library.ts";
import { ownFolder, whyNot } from "./ownFolder.ts";
import {
  ANSWERS,
  type Answer,
  type BrokenRule,
  type Ending,
  LOADING,
  type Outcome,
  type Question,
  RULES,
  type Told,
} from "./protocol.ts";
import { encoded, harmless, LONGEST_ANSWER, messageOf, plainOf } from "./wire.ts";

export interface Limits {
  /** For an answer. */
  readonly seconds: number;
  /** For the process, in megabytes. Where the system does not tell a process's memory (not Linux), for JavaScript's objects alone. */
  readonly megabytes: number;
  /** Characters that the student's code may print. */
  readonly printed: number;
}

export const LIMITS: Limits = { seconds: 10, megabytes: 1024, printed: 100_000 };
/** How often a process is started anew for one file. */
const STARTS = 3;
/** Seconds that loading is given besides, since the library is loaded as well, perhaps on a busy machine. */
const START_UP = 20;
/** So many times the seconds of one answer are all answers of a file given. */
const PATIENCE = 6;

/** What a process may read: the library, and what is played. */
const LIBRARY = ["packages", "node_modules", "package.json", "scripts/package.json", "scripts/node_modules"];
const PLAYER = ["player.ts", "exercise.ts", "library.ts", "protocol.ts", "wire.ts"];
const HERE = dirname(fileURLToPath(import.meta.url));

interface Played {
  readonly exercise: string;
  readonly student: string;
  /** Names that the student's file has to export. */
  readonly needs: readonly string[];
}

/** What is waited for: an answer to this question. */
interface Waiting {
  readonly id: number;
  resolve(outcome: Answer | Outcome): void;
}

/** Why no student's code can be run on this Node; undefined where it can. */
export function whyNoSandbox(
  flags: ReadonlySet<string> = process.allowedNodeEnvironmentFlags,
  version = process.versions.node,
): string | undefined {
  // The first of these without the second: files would be closed to a student's code, and the network open.
  if (flags.has("--permission") && flags.has("--allow-net")) return undefined;
  return `Node ${version} cannot keep a student's code from the network; run \`node scripts/setup.mjs\`, which brings one that can`;
}

/**
 * A student's code in a process of its own: it may read the library and a copy of its own folder, write nothing, start nothing and
 * reach no network (Node's permission model, and what `player.ts` and `library.ts` close), and is ended where it takes too long
 * or too much. What it answers is a stranger's word, and cannot be more than a wrong answer.
 */
export class Sandbox {
  readonly #played: Played;
  readonly #limits: Limits;
  /** Seconds that are left to this file. */
  #left: number;
  /** The copy of the student's file. */
  #copy?: string;
  #process?: ChildProcess;
  #ending?: Ending;
  #starts = 0;
  #asked = LOADING;
  #broken?: Outcome;
  #waiting?: Waiting;
  /** What the process has said of its next answer. */
  #heard = "";
  /** Characters since the last question. */
  #heardInAll = 0;
  /** What the student's code printed. */
  printed = "";

  constructor(played: Played, limits: Limits = LIMITS) {
    const why = whyNoSandbox();
    if (why !== undefined) throw new Error(why);
    this.#played = played;
    this.#limits = limits;
    this.#left = limits.seconds * PATIENCE;
  }

  /** Has an exercise done. */
  async ask(exercise: string, input: Plain): Promise<Outcome> {
    if (this.#broken !== undefined) return this.#broken;
    if (this.#process === undefined) {
      if (this.#starts === STARTS) return { kind: "ended", why: this.#ending ?? "exit" };
      const first = await this.#start();
      if (first.kind !== "ready") return this.#give(first);
    }
    const id = ++this.#asked;
    const answer = this.#answer(id);
    const question: Question = { id, exercise, input: encoded(input) };
    this.#process?.stdin?.write(`${JSON.stringify(question)}\n`);
    const outcome = await answer;
    return outcome.kind === "ready" || outcome.kind === "broken" ? this.#give({ kind: "ended", why: "exit" }) : outcome;
  }

  /** What is answered from now on: nothing can be asked of such a file. */
  #give(first: Answer | Outcome): Outcome {
    this.#broken = first.kind === "ready" || first.kind === "output" ? { kind: "ended", why: "exit" } : first;
    this.close();
    return this.#broken;
  }

  close(): void {
    this.#process?.kill("SIGKILL");
    this.#process = undefined;
    if (this.#copy !== undefined) rmSync(dirname(this.#copy), { recursive: true, force: true });
    this.#copy = undefined;
  }

  async #start(): Promise<Answer | Outcome> {
    this.#starts++;
    this.#ending = undefined;
    const { exercise, student, needs } = this.#played;
    const why = whyNot(student);
    if (why !== undefined) return { kind: "broken", message: `${basename(student)} ${REFUSED[why]}` };
    this.#copy ??= ownFolder(student);
    const child = play(exercise, this.#copy, needs, this.#limits);
    this.#process = child;
    this.#heard = "";
    const answer = this.#answer(LOADING);
    const answers = child.stdio[ANSWERS] as NodeJS.ReadableStream;
    answers.setEncoding("utf8").on("data", (text: string) => this.#hear(child, text));
    for (const stream of [child.stdout!, child.stderr!]) {
      stream.setEncoding("utf8").on("data", (text: string) => this.#print(text));
    }
    // A process that has ended reads no questions; its end is told below.
    for (const stream of child.stdio) stream?.on("error", () => {});
    child.on("error", () => this.#ended(child, "exit"));
    child.on("close", (_, signal) => this.#ended(child, ENDINGS[signal ?? ""] ?? "exit"));
    return answer;
  }

  #ended(child: ChildProcess, why: Ending): void {
    if (this.#process !== child) return;
    child.kill("SIGKILL");
    this.#process = undefined;
    this.#ending ??= why;
    this.#tell({ kind: "ended", why: this.#ending });
  }

  /** Waits for the answer to a question, and for no longer than is left. */
  #answer(id: number): Promise<Answer | Outcome> {
    const child = this.#process;
    const began = performance.now();
    this.#heardInAll = 0;
    const isLoading = id === LOADING;
    const seconds = isLoading
      ? this.#limits.seconds + START_UP
      : Math.max(0, Math.min(this.#limits.seconds, this.#left));
    return new Promise((resolve) => {
      const late = setTimeout(() => this.#end("time"), seconds * 1000);
      const watch = setInterval(() => {
        if (megabytesOf(child?.pid) > this.#limits.megabytes) this.#end("memory");
      }, 50);
      this.#waiting = {
        id,
        resolve: (outcome) => {
          clearTimeout(late);
          clearInterval(watch);
          this.#waiting = undefined;
          if (!isLoading) this.#left -= (performance.now() - began) / 1000;
          resolve(outcome);
        },
      };
    });
  }

  #tell(outcome: Answer | Outcome): void {
    this.#waiting?.resolve(outcome);
  }

  /** Takes in a piece of what the process answers: whole lines, as long as they may be. */
  #hear(child: ChildProcess, text: string): void {
    if (this.#process !== child) return;
    this.#heardInAll += text.length;
    if (this.#heardInAll > 2 * LONGEST_ANSWER) this.#end("output");
    const end = text.lastIndexOf("\n") + 1;
    const lines = end === 0 ? [] : (this.#heard + text.slice(0, end)).split("\n");
    this.#heard = (end === 0 ? this.#heard : "") + text.slice(end);
    for (const line of lines) {
      const answer = answerIn(line);
      // What answers no question, such as an earlier one once more, says nothing.
      if (answer !== undefined && answer.id === this.#waiting?.id) this.#tell(answer.answer);
    }
  }

  #end(why: Ending): void {
    this.#ending ??= why;
    this.#process?.kill("SIGKILL");
  }

  #print(text: string): void {
    if (this.printed.length >= this.#limits.printed) return;
    this.printed += harmless(text);
    if (this.printed.length < this.#limits.printed) return;
    this.printed = this.printed.slice(0, this.#limits.printed);
    this.#end("output");
  }
}

const REFUSED = {
  missing: "is not there",
  link: "is a link to a file, and not a file",
  other: "is no ordinary file",
  large: "is larger than 1 MB",
};

/** What a signal that ends a process says of it: V8 gives up where its memory ends, the system where time does. */
const ENDINGS: Readonly<Record<string, Ending>> = { SIGABRT: "memory", SIGTRAP: "memory", SIGXCPU: "time" };

/** Starts the process. */
function play(exercise: string, student: string, needs: readonly string[], limits: Limits): ChildProcess {
  const readable = [
    ...LIBRARY.map((path) => join(rootFolder, path)),
    ...PLAYER.map((name) => join(HERE, name)),
    ...[exercise, dirname(student)],
  ];
  const node = [
    process.execPath,
    "--permission",
    ...readable.map((path) => `--allow-fs-read=${path}`),
    `--max-old-space-size=${limits.megabytes}`,
    // The library collects garbage where much of it has gathered, and gets at no other way to do so.
    "--expose-gc",
    "--no-warnings",
    ...[join(HERE, "player.ts"), exercise, student, needs.join(",")],
  ];
  // The system's limits are a second wall: no byte into any file, no core file, and an end to a process that outlives its judge.
  const cpuSeconds = Math.ceil(2 * PATIENCE * limits.seconds) + 2 * START_UP;
  const limited = [
    "/bin/sh",
    "-c",
    `{ ulimit -f 0; ulimit -c 0; ulimit -t ${cpuSeconds}; } 2>/dev/null; exec "$@"`,
    "sh",
    ...node,
  ];
  const [program, ...args] = process.platform === "win32" ? node : limited;
  return spawn(program, args, {
    cwd: dirname(student),
    stdio: ["pipe", "pipe", "pipe", "pipe"],
    env: {
      LECTERN_THREADS: "1",
      LECTERN_BLAS: "off",
      // Windows finds its own libraries by it.
      ...(process.platform === "win32" && { SystemRoot: process.env.SystemRoot }),
    },
  });
}

/** What a line of the process says; undefined where it says nothing that is known. */
function answerIn(line: string): { id: number; answer: Answer } | undefined {
  try {
    const { id, kind, output, ...told } = JSON.parse(line);
    if (kind === "ready") return { id, answer: { kind } };
    if (kind === "output") return { id, answer: { kind, output: plainOf(output) } };
    if (kind !== "error" && kind !== "broken") return undefined;
    return { id, answer: { kind, ...toldIn(told) } };
  } catch {
    return undefined;
  }
}

function toldIn({ message, rule, line }: { message?: unknown; rule?: Partial<BrokenRule>; line?: number }): Told {
  const kind = RULES.find((known) => known === rule?.kind);
  return {
    message: messageOf(message),
    rule: kind && { kind, name: messageOf(rule?.name) },
    line: Number.isSafeInteger(line) ? line : undefined,
  };
}

/** The memory that a process holds, where the system tells. */
function megabytesOf(pid: number | undefined): number {
  try {
    const pages = Number(readFileSync(`/proc/${pid}/statm`, "utf8").split(" ")[1]);
    return (pages * 4096) / 2 ** 20;
  } catch {
    return 0;
  }
}
