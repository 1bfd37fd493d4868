#!/usr/bin/env node
// The entry of the `lectern` command. Plain JavaScript: it registers tsx, which runs the rest from its TypeScript source.
import { existsSync, readFileSync } from "node:fs";

const args = process.argv.slice(2);
const read = (file) => readFileSync(new URL(file, import.meta.url), "utf8");
// What set-up makes: the packages, and the kernels.
const NEEDED = ["../node_modules/tsx", "../../packages/autograd/src/devices/cpu/generated/plain.ts"];

if (args.length === 1 && args[0] === "--version") {
  console.log(JSON.parse(read("../../package.json")).version);
} else if (!NEEDED.every((path) => existsSync(new URL(path, import.meta.url)))) {
  console.error(
    "lectern: not set up yet; run `npm start`, or `node scripts/setup.mjs`, in the repository's folder once",
  );
  process.exitCode = 1;
} else {
  const { register } = await import("tsx/esm/api");
  register();
  const { main } = await import("../src/lectern.ts");
  await main(args);
}
