#!/usr/bin/env node
// The entry of the `lectern` command. It starts from whatever Node there is, and has the rest run by the pinned one.
import { existsSync } from "node:fs";
import module from "node:module";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { endWithLauncher, handOver } from "../handOver.mjs";
import { complaint, isPinned, manifest, oldestForSetup, oldestInPlace, pinnedNode, root } from "../node.mjs";

const args = process.argv.slice(2);
// What set-up makes: the packages, and the kernels.
const NEEDED = ["../node_modules/yargs", "../../packages/autograd/src/devices/cpu/generated/plain.ts"];

function stop(message) {
  console.error(`lectern: ${message}`);
  process.exit(1);
}

async function run() {
  const tooOld = complaint(oldestForSetup);
  if (tooOld !== undefined) stop(tooOld);
  if (!NEEDED.every((path) => existsSync(new URL(path, import.meta.url)))) {
    stop("not set up yet; run `npm start`, or `node scripts/setup.mjs`, in the repository's folder once");
  }
  // The programs that this one starts keep what they compile as well.
  process.env.NODE_COMPILE_CACHE ??= join(root, "node_modules/.cache/compiled");
  const node = pinnedNode();
  if (node !== undefined && !isPinned(node)) {
    handOver(node, [fileURLToPath(import.meta.url), ...args]);
    return;
  }
  const tooOldInPlace = complaint(oldestInPlace);
  if (tooOldInPlace !== undefined) stop(tooOldInPlace);
  endWithLauncher();
  module.enableCompileCache?.(process.env.NODE_COMPILE_CACHE);
  const { main } = await import("../src/lectern.ts");
  await main(args);
}

if (args.length === 1 && args[0] === "--version") console.log(manifest.version);
else await run();
