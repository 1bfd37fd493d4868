import type { Task } from "./task.ts";

/** A task as the commands list it, before it is loaded. */
export interface TaskEntry {
  readonly name: string;
  /** Other names of the same. */
  readonly aliases?: readonly string[];
  readonly describe: string;
  load(): Promise<Task>;
}

/** What models can be trained for from the command. A new task is a file like these, and its line here. */
export const tasks: readonly TaskEntry[] = [
  {
    name: "char",
    aliases: ["text"],
    describe: "Train a model to predict a text's next character, or another token",
    load: async () => (await import("./char.ts")).char,
  },
  {
    name: "classify",
    describe: "Train a transformer to classify texts",
    load: async () => (await import("./classify.ts")).classify,
  },
];

/** The task of a run: as it says itself, or what its model predicts. Errors: there is none that fits. */
export async function taskOf(run: {
  config: Readonly<Record<string, unknown>>;
  predicts: string | undefined;
}): Promise<Task> {
  const named = tasks.find(({ name }) => name === run.config.task);
  if (named !== undefined) return named.load();
  for (const entry of tasks) {
    const task = await entry.load();
    if (task.predicts === run.predicts) return task;
  }
  throw new Error(`no task is known for a model that predicts ${run.predicts ?? "I do not know what"}`);
}
