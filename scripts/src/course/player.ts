// Calls a student's code, and nothing else: it runs in a process of its own, with limits and without rights (see
// `sandbox.ts`), is given inputs and gives outputs. What is right is not known here.
import module from "node:module";
import { pathToFileURL } from "node:url";
import { setDefaultDevice } from "@lectern/autograd";
import type { ExerciseFile } from "./exercise.ts";
import { closeNames, openLibrary } from "./library.ts";
import { type Answer, type Question, RuleError, type Told, toldOf } from "./protocol.ts";

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

const told = (error: unknown): Told => toldOf(error, studentFile);

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
