#!/usr/bin/env node
// The entry of the `lectern` command as it is published: whichever Node there is runs it, and npm has installed what it needs.
import module from "node:module";
import { complaint, manifest, oldestInPlace } from "../node.mjs";

const args = process.argv.slice(2);
const tooOld = complaint(oldestInPlace);
if (args.length === 1 && args[0] === "--version") console.log(manifest.version);
else if (tooOld !== undefined) {
  console.error(`lectern: ${tooOld}`);
  process.exitCode = 1;
} else {
  module.enableCompileCache?.();
  const { main } = await import("../src/lectern.ts");
  await main(args);
}
