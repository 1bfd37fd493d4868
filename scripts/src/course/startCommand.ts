import { constants } from "node:fs";
import { copyFile, mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fromHere, Homework, type HomeworkOptions } from "./homework.ts";
import { starterOf, textOf } from "./registry.ts";
import { configFor } from "./types.ts";

/** `lectern course start`: the starter of a task, or of the next one, becomes the student's file. What is there stays. */
export async function courseStart(options: HomeworkOptions & { readonly task?: string }): Promise<void> {
  const homework = await Homework.open(options);
  const { out, language, words: w } = homework;
  const found = options.task === undefined ? homework.next() : homework.find(options.task);
  if (found === undefined) {
    out.say(w.allDone);
    out.event("done", {});
    return;
  }
  const file = homework.fileOf(found);
  const text = textOf(found, language);
  await mkdir(homework.folder, { recursive: true });
  await writeConfig(homework.folder);
  const copied = await copyFile(starterOf(found), file, constants.COPYFILE_EXCL).then(
    () => true,
    (error: NodeJS.ErrnoException) => {
      if (error.code === "EEXIST") return false;
      throw error;
    },
  );
  out.say(
    [
      `${found.title[language]} (${found.id})`,
      copied ? w.began(fromHere(file)) : w.already(fromHere(file)),
      `${w.text}: ${fromHere(text)}\n  ${homework.command("show", found.id)}`,
      `${w.next}\n  ${homework.command("check", found.id)}`,
    ].join("\n"),
  );
  out.event("done", { task: found.id, file, text, copied });
}

/** What an editor needs to know the library's types in the student's folder; one that is there stays. */
async function writeConfig(folder: string): Promise<void> {
  const config = configFor(folder, { include: ["."] });
  await writeFile(join(folder, "tsconfig.json"), config, { flag: "wx" }).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== "EEXIST") throw error;
  });
}
