import { join, resolve } from "node:path";
import { createProject, LIBRARIES, nextSteps } from "../init/createProject.ts";
import { isPublished } from "../installation.ts";
import { output } from "../output.ts";
import { defineCommand } from "./command.ts";

/** `lectern init`: a small project of one's own. */
export const command = defineCommand({
  options: (yargs) =>
    yargs
      .positional("folder", { type: "string", demandOption: true, describe: "A new folder, or an empty one" })
      .option("packages", {
        ...{ type: "string", requiresArg: true },
        describe: "A folder of tarballs to install Lectern from, in place of npm's (`npm run pack` writes them)",
      })
      .example([["$0 init my-model", "A model, its training, a test and a page; then npm install, npm start"]]),
  run: init,
});

interface InitOptions {
  readonly json: boolean;
  readonly folder: string;
  readonly packages?: string;
}

async function init({ json, folder, packages }: InitOptions): Promise<void> {
  const out = output(json);
  const given = packages === undefined ? undefined : resolve(packages);
  const files = createProject(folder, { packages: given === undefined ? await ownPackages() : () => given });
  out.event("done", { folder: resolve(folder), files });
  out.say(nextSteps(folder));
}

/** Within the repository: its own packages, which may be newer than npm's, go into the project. */
async function ownPackages(): Promise<((project: string) => string) | undefined> {
  if (isPublished) return undefined;
  const { packAll } = await import("../../pack.mjs");
  return (project) => {
    const folder = resolve(join(project, "packages"));
    packAll(folder, LIBRARIES);
    return folder;
  };
}
