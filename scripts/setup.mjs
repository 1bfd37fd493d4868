// Makes a bare clone ready to use: checks Node, installs the packages (a Node among them, see node.mjs) with the pnpm that
// package.json pins, builds the kernels. Does each thing only where it is needed, so that the second call is quick and needs no network.
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { complaint, nodePackages, oldestForSetup, oldestInPlace, pinnedNode, pinnedVersion, root } from "./node.mjs";
import { pinnedPnpm, pnpmIntegrity } from "./pnpm.mjs";

function readJson(file) {
  return JSON.parse(readFileSync(join(root, file), "utf8"));
}

function stop(message) {
  console.error(`lectern: ${message}`);
  process.exit(1);
}

/** Stops with one sentence if this Node is older than it has to be. */
function checkNode(oldest, why = "") {
  const tooOld = complaint(oldest);
  if (tooOld !== undefined) stop(`${why}${tooOld}`);
}

/** The workspace's folders that have a package.json: with pnpm, each gets a node_modules of its own. */
function packageFolders() {
  const inPackages = readdirSync(join(root, "packages")).map((name) => join("packages", name));
  return [".", ...inPackages, "datasets", "scripts"].filter((folder) => existsSync(join(root, folder, "package.json")));
}

/** Changes when an installation has to be repeated: other dependencies, another machine, a newer set-up. */
function fingerprint() {
  const hash = createHash("sha256").update(`${process.platform} ${process.arch}`);
  for (const file of ["pnpm-lock.yaml", "pnpm-workspace.yaml", "scripts/setup.mjs"])
    hash.update(readFileSync(join(root, file)));
  for (const folder of packageFolders()) {
    const { packageManager, dependencies, devDependencies, optionalDependencies } = readJson(
      join(folder, "package.json"),
    );
    hash.update(JSON.stringify([folder, packageManager, dependencies, devDependencies, optionalDependencies]));
  }
  return hash.digest("hex");
}

const stamp = join(root, "node_modules", ".lectern-setup");

function isInstalled(now) {
  if (!existsSync(stamp) || readFileSync(stamp, "utf8") !== now) return false;
  if (pinnedNode() === undefined && complaint(oldestInPlace) !== undefined) return false;
  return packageFolders().every((folder) => existsSync(join(root, folder, "node_modules")));
}

/** Runs npm: the one that runs this script, where one does. Its output goes to standard error, or where `stdout` says. */
function npm(args, stdout = 2) {
  const options = { cwd: root, stdio: ["ignore", stdout, 2], encoding: "utf8" };
  const program = process.env.npm_execpath;
  if (program !== undefined && /npm-cli\.c?js$/.test(program) && !/pnpm/.test(program)) {
    return spawnSync(process.execPath, [program, ...args], options);
  }
  // Windows starts npm.cmd only through a shell; none of these words needs quoting.
  return spawnSync("npm", args, { ...options, shell: process.platform === "win32" });
}

/** Stops where npm would fetch another pnpm under the pinned version than the one that was pinned. npm holds it to what it says. */
function checkPnpm() {
  const { status, stdout } = npm(["view", "--prefer-offline", pinnedPnpm, "dist.integrity"], "pipe");
  const integrity = status === 0 ? stdout.trim() : "";
  if (integrity !== "" && !integrity.split(/\s+/).includes(pnpmIntegrity)) {
    stop(
      `the ${pinnedPnpm} that npm finds is not the one that package.json pins: it is ${integrity}; nothing was installed`,
    );
  }
}

function install() {
  const now = fingerprint();
  if (isInstalled(now)) return;
  console.error("lectern: installing the packages (once; about a minute)");
  checkPnpm();
  // Without the last option pnpm asks before it replaces a node_modules that npm or another version made.
  const { status, error } = npm([
    ...["exec", "--yes", "--", pinnedPnpm],
    ...["install", "--frozen-lockfile", "--config.confirmModulesPurge=false"],
  ]);
  if (error !== undefined) stop(`npm does not start (${error.message}); install npm, which comes with Node`);
  if (status !== 0)
    stop("the packages were not installed, see above; without a network connection, try again with one");
  checkInstalledNode();
  writeFileSync(stamp, now);
}

/** Where npm brought no Node for this machine, or one that does not start here (another C library), the system's has to do. */
function checkInstalledNode() {
  const node = pinnedNode();
  if (node !== undefined && spawnSync(node, ["--version"]).status === 0) {
    if (process.platform !== "win32") keepCompiled(node);
    return;
  }
  for (const name of nodePackages) rmSync(join(root, "node_modules", name), { recursive: true, force: true });
  for (const name of ["node", "node.exe", "node.CMD", "node.ps1"]) {
    rmSync(join(root, "node_modules", ".bin", name), { force: true });
  }
  checkNode(oldestInPlace, `npm has no Node ${pinnedVersion} for ${process.platform} on ${process.arch}; `);
}

/**
 * Has the `node` of npm scripts and of `npx` keep what it has compiled, types taken away: a program that imports the packages
 * starts in a third of the time. It becomes that Node (`exec`), so signals reach it.
 */
function keepCompiled(node) {
  const bin = join(root, "node_modules", ".bin");
  const text = `#!/bin/sh
here=$(cd "\${0%/*}" && pwd)
export NODE_COMPILE_CACHE="\${NODE_COMPILE_CACHE-$here/../.cache/compiled}"
exec "$here/${relative(bin, node)}" "$@"
`;
  // A link to Node lies there: it is replaced, not written through.
  rmSync(join(bin, "node"), { force: true });
  writeFileSync(join(bin, "node"), text, { mode: 0o755 });
}

async function buildKernels() {
  for (const name of ["build-kernels.mjs", "build-gpu.mjs"]) {
    const script = new URL(name, import.meta.url);
    if (existsSync(script)) await import(script.href);
  }
}

checkNode(oldestForSetup);
install();
await buildKernels();
