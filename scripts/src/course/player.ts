// Calls a student's code, and nothing else: it runs in a process of its own, with limits and without rights (see
// `sandbox.ts`), is given inputs and gives outputs. What is right is not known here.
import module from "node:module";
import { basename } from "node:path";
import { pathToFileURL } from "node:url";
import { setDefaultDevice } from "@lectern/autograd";
import type { ExerciseFile } from "./exercise.ts";
import { closeNames, openLibrary } from "./library.ts";
import { type Answer, type BrokenRule, type Question, RuleError, type Told } from "./protocol.ts";

const [exerciseFile, studentFile, needs] = process.argv.slice(2);
const send = process.send!.bind(process) as (answer: Answer) => void;
// The rights that Node takes from a process do not include signals to others.
for (const name of ["kill", "_kill", "abort", "_debugProcess", "_debugEnd"]) Reflect.deleteProperty(process, name);
process.send = undefined;

/** The exercises and the student's file. Errors: the file does not load, or lacks what the task asks for. */
async function load(): Promise<{ exercises: ExerciseFile["exercises"]; student: object }> {
  const { exercises, closed = [] } = (await import(pathToFileURL(exerciseFile).href)) as ExerciseFile;
  setDefaultDevice("reference");
  module.registerHooks(openLibrary(pathToFileURL(studentFile).href, closed));
  const student = (await import(pathToFileURL(studentFile).href)) as Record<string, unknown>;
  closeNames(closed);
  const missing = needs.split(",").filter((name) => name !== "" && !(name in student));
  if (missing.length > 0) {
    const message = `it exports no ${missing.join(", no ")}; the starter does`;
    throw new RuleError({ kind: "missing", name: missing.join(", ") }, message);
  }
  return { exercises, student };
}

/** What went wrong, and in which line of the student's file. */
function told(error: unknown): Told {
  if (!(error instanceof Error)) return { message: String(error) };
  const file = basename(studentFile).replaceAll(".", "\\.");
  const [, line] = new RegExp(`${file}[^\\s)]*?:(\\d+)`).exec(error.stack ?? "") ?? [];
  return { message: error.message, rule: ruleOf(error), line: line === undefined ? undefined : Number(line) };
}

/** The rule that an error comes from. */
function ruleOf(error: Error & { code?: string; permission?: string }): BrokenRule | undefined {
  if (error instanceof RuleError) return error.rule;
  if (error.code === "ERR_ACCESS_DENIED") return { kind: "denied", name: error.permission ?? "" };
  if (error.code === "ERR_UNSUPPORTED_TYPESCRIPT_SYNTAX") return { kind: "erasable", name: error.message };
  return undefined;
}

const loaded = load();
loaded.then(
  () => send({ kind: "ready" }),
  (error) => send({ kind: "broken", ...told(error) }),
);
process.on("message", async ({ exercise, input }: Question) => {
  try {
    const { exercises, student } = await loaded;
    const output = await exercises[exercise](student as never, input as never);
    send({ kind: "output", output: output as never });
  } catch (error) {
    send({ kind: "error", ...told(error) });
  }
});
process.on("disconnect", () => process.exit());
// An error that nobody waited for, in a student's timer or promise.
process.on("uncaughtException", (error) => send({ kind: "error", ...told(error) }));
