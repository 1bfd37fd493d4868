// Calls a student's code, and nothing else: it runs in a process of its own, with limits and without rights (see
// `sandbox.ts`), is given inputs and gives outputs. What is right is not known here.
import { AsyncLocalStorage } from "node:async_hooks";
import { writeSync } from "node:fs";
import module from "node:module";
import { pathToFileURL } from "node:url";
import { inspect } from "node:util";
import { setDefaultDevice } from "@lectern/autograd";
import type { ExerciseFile } from "./exercise.ts";
import { closeNames, findLibrary, openLibrary } from "./library.ts";
import { ANSWERS, LOADING, type Question, RuleError, type Told, toldOf } from "./protocol.ts";
import { encoded, LONGEST_ANSWER, plainOf } from "./wire.ts";

const [exerciseFile, studentFile, needs] = process.argv.slice(2);
let asked = LOADING;

/**
 * The rights that Node takes from a process do not include signals to others; and there are ways around the modules that a
 * student's file may import (see `library.ts`), which are shut here. The library asks for two of Node's modules as it goes: it gets
 * what it needs of them.
 */
function closeProcess(): void {
  const closed = [
    ...["kill", "_kill", "abort", "_debugProcess", "_debugEnd", "execve", "report"],
    ...["binding", "_linkedBinding", "dlopen", "_getActiveHandles", "_getActiveRequests"],
  ];
  for (const name of closed) Reflect.deleteProperty(process, name);
  const getBuiltinModule = (name: string) => {
    if (name === "node:async_hooks") return { AsyncLocalStorage };
    return name === "node:util" ? { inspect } : undefined;
  };
  Object.defineProperty(process, "getBuiltinModule", { value: getBuiltinModule, configurable: false, writable: false });
}

/** The exercises and the student's file. Errors: the file does not load, or lacks what the task asks for. */
async function load(): Promise<{ exercises: ExerciseFile["exercises"]; student: object }> {
  const exercise = pathToFileURL(exerciseFile).href;
  module.registerHooks(findLibrary(exercise));
  const { exercises, closed = [] } = (await import(exercise)) as ExerciseFile;
  setDefaultDevice("reference");
  closeNames(closed);
  closeProcess();
  module.registerHooks(openLibrary(pathToFileURL(studentFile).href, closed));
  const student = (await import(pathToFileURL(studentFile).href)) as Record<string, unknown>;
  const missing = needs.split(",").filter((name) => name !== "" && !(name in student));
  if (missing.length > 0) {
    const message = `it exports no ${missing.join(", no ")}; the starter does`;
    throw new RuleError({ kind: "missing", name: missing.join(", ") }, message);
  }
  return { exercises, student };
}

const told = (error: unknown): Told => toldOf(error, studentFile);

function send(id: number, kind: "ready" | "broken" | "output" | "error", rest: object = {}): void {
  let text = JSON.stringify({ id, kind, ...rest });
  if (text.length > LONGEST_ANSWER) {
    const message = `the result is larger than ${LONGEST_ANSWER / 1_000_000} MB`;
    text = JSON.stringify({ id, kind: "error", message });
  }
  const bytes = Buffer.from(`${text}\n`);
  for (let sent = 0; sent < bytes.length; ) sent += writeSync(ANSWERS, bytes, sent);
}

const loaded = load();
loaded.then(
  () => send(LOADING, "ready"),
  (error) => send(LOADING, "broken", told(error)),
);

async function answer(line: string): Promise<void> {
  const { id, exercise, input }: Question = JSON.parse(line);
  asked = id;
  try {
    const { exercises, student } = await loaded;
    const output = await exercises[exercise](student as never, plainOf(input) as never);
    send(id, "output", { output: encoded(output) });
  } catch (error) {
    send(id, "error", told(error));
  }
}

let heard = "";
process.stdin.setEncoding("utf8").on("data", (text: string) => {
  const lines = (heard + text).split("\n");
  heard = lines.pop()!;
  for (const line of lines) answer(line);
});
process.stdin.on("end", () => process.exit());
// An error that nobody waited for, in a student's timer or promise.
process.on("uncaughtException", (error) => send(asked, "error", told(error)));
