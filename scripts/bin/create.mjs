#!/usr/bin/env node
// `npm create lectern <folder>`: what `lectern init` does, without the command and all that it needs.
import { parseArgs } from "node:util";
import { createProject, nextSteps } from "../src/init/createProject.ts";

try {
  const { values, positionals } = parseArgs({ allowPositionals: true, options: { packages: { type: "string" } } });
  if (positionals.length !== 1) throw new Error("name one folder: npm create lectern my-model");
  const [folder] = positionals;
  createProject(folder, { packages: values.packages === undefined ? undefined : () => values.packages });
  console.log(nextSteps(folder));
} catch (error) {
  console.error(`create-lectern: ${error.message}`);
  process.exitCode = 2;
}
