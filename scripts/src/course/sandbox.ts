import { type ChildProcess, spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Plain } from "./exercise.ts";
import { rootFolder } from "./library.ts";
import type { Answer, Ending, Outcome } from "./protocol.ts";

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

/** What a process may read: the library, and what is played. */
const LIBRARY = ["packages", "node_modules", "package.json", "scripts/package.json", "scripts/node_modules"];
const PLAYER = ["player.ts", "exercise.ts", "library.ts", "protocol.ts"];
const HERE = dirname(fileURLToPath(import.meta.url));

interface Played {
  readonly exercise: string;
  readonly student: string;
  /** Names that the student's file has to export. */
  readonly needs: readonly string[];
}

/**
 * A student's code in a process of its own: it may read the library and its own folder, write nothing, start nothing and reach
 * no network (Node's permission model), and is ended where it takes too long or too much.
 */
export class Sandbox {
  readonly #played: Played;
  readonly #limits: Limits;
  #process?: ChildProcess;
  #ending?: Ending;
  #starts = 0;
  #broken?: Outcome;
  #tell?: (outcome: Answer | { kind: "ended"; why: Ending }) => void;
  /** What the student's code printed. */
  printed = "";

  constructor(played: Played, limits: Limits = LIMITS) {
    this.#played = played;
    this.#limits = limits;
  }

  /** Has an exercise done. */
  async ask(exercise: string, input: Plain): Promise<Outcome> {
    if (this.#broken !== undefined) return this.#broken;
    if (this.#process === undefined) {
      if (this.#starts === STARTS) return { kind: "ended", why: this.#ending ?? "exit" };
      const first = await this.#start();
      if (first.kind !== "ready") {
        if (first.kind !== "output") this.#broken = first;
        this.close();
        return first;
      }
    }
    const answer = this.#answer();
    this.#process?.send({ exercise, input }, () => {});
    return (await answer) as Outcome;
  }

  close(): void {
    this.#process?.kill("SIGKILL");
    this.#process = undefined;
  }

  #start(): Promise<Answer | Outcome> {
    this.#starts++;
    this.#ending = undefined;
    const { exercise, student, needs } = this.#played;
    const readable = [
      ...LIBRARY.map((path) => join(rootFolder, path)),
      ...PLAYER.map((name) => join(HERE, name)),
      ...[exercise, dirname(student)],
    ];
    const flags = [
      "--permission",
      ...readable.map((path) => `--allow-fs-read=${path}`),
      `--max-old-space-size=${this.#limits.megabytes}`,
      "--no-warnings",
    ];
    const child = spawn(process.execPath, [...flags, join(HERE, "player.ts"), exercise, student, needs.join(",")], {
      stdio: ["ignore", "pipe", "pipe", "ipc"],
      serialization: "advanced",
      env: { LECTERN_THREADS: "1", LECTERN_BLAS: "off" },
    });
    this.#process = child;
    const answer = this.#answer();
    child.on("message", (message: Answer) => this.#tell?.(message));
    for (const stream of [child.stdout!, child.stderr!]) {
      stream.setEncoding("utf8").on("data", (text: string) => this.#print(text));
    }
    child.on("exit", (_, signal) => {
      if (this.#process !== child) return;
      this.#process = undefined;
      this.#ending ??= signal === "SIGABRT" ? "memory" : "exit";
      this.#tell?.({ kind: "ended", why: this.#ending });
    });
    return answer as Promise<Answer>;
  }

  #answer(): Promise<Answer | Outcome> {
    const child = this.#process;
    return new Promise((resolve) => {
      const late = setTimeout(() => this.#end("time"), this.#limits.seconds * 1000);
      const watch = setInterval(() => {
        if (child !== undefined && megabytesOf(child.pid) > this.#limits.megabytes) this.#end("memory");
      }, 100);
      this.#tell = (outcome) => {
        clearTimeout(late);
        clearInterval(watch);
        this.#tell = undefined;
        resolve(outcome);
      };
    });
  }

  #end(why: Ending): void {
    this.#ending = why;
    this.#process?.kill("SIGKILL");
  }

  #print(text: string): void {
    if (this.printed.length >= this.#limits.printed) return;
    this.printed += text;
    if (this.printed.length < this.#limits.printed) return;
    this.printed = this.printed.slice(0, this.#limits.printed);
    this.#end("output");
  }
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
