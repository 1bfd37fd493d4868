// Writes the pages of the libraries' API, from their docstrings: `npm run docs -- <folder>`. TypeDoc needs the TypeScript before the
// one that checks the repository; both lie in scripts/api, locked by their content, and are installed when this is first called.
import { execFileSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { root } from "./node.mjs";

const folder = join(root, "scripts/api");

/** Whether what the lockfile names is there. npm keeps a lockfile of what it has installed. */
function isInstalled() {
  const installed = join(folder, "node_modules/.package-lock.json");
  if (!existsSync(installed)) return false;
  const versions = (file) =>
    Object.entries(JSON.parse(readFileSync(file, "utf8")).packages).map(([path, { version }]) => `${path} ${version}`);
  const there = new Set(versions(installed));
  return versions(join(folder, "package-lock.json")).every((one) => one.startsWith(" ") || there.has(one));
}

function install() {
  console.error("docs: installing TypeDoc into scripts/api (once; 46 MB)");
  const windows = process.platform === "win32";
  const args = ["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"];
  execFileSync(windows ? "npm.cmd" : "npm", args, {
    cwd: folder,
    stdio: ["ignore", "ignore", "inherit"],
    shell: windows,
  });
}

const [destination, ...rest] = process.argv.slice(2);
if (destination === undefined || rest.length > 0 || destination.startsWith("-")) {
  console.error("Writes the pages of the libraries' API into a folder: npm run docs -- <folder>");
  process.exitCode = 2;
} else if (
  existsSync(destination) &&
  readdirSync(destination).length > 0 &&
  !existsSync(join(destination, "index.html"))
) {
  console.error(`docs: ${destination} holds other things than such pages: name an empty folder, or a new one`);
  process.exitCode = 2;
} else {
  if (!isInstalled()) install();
  const { buildPages } = await import("./api/build.mjs");
  await buildPages(resolve(destination));
  console.log(join(destination, "index.html"));
}
