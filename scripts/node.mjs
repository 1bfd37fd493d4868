// Which Node Lectern runs on. Its version stands in one place, the root's package.json: npm brings that very Node as an
// optional package, one for each kind of machine, and puts it first on the path of every npm script and of `npx`.
import { existsSync, readFileSync, realpathSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

export const root = dirname(dirname(fileURLToPath(import.meta.url)));
export const manifest = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));

/** The packages that bring Node, each `node-<system>-<processor>` or `node-bin-<system>-<processor>`, in one version. */
const optional = manifest.optionalDependencies ?? {};
export const nodePackages = Object.keys(optional).filter((name) => name.startsWith("node-"));
/** Undefined in the package that is published, which brings no Node. */
export const pinnedVersion = optional[nodePackages[0]];

/** Set-up, and the entry of `lectern`, start from a Node of this version or a newer one. */
export const oldestForSetup = manifest.engines.node.replace(/[^\d.]/g, "");
/** Where no Node is brought, the system's serves from this version on: one that runs TypeScript, or what is published. */
export const oldestInPlace = pinnedVersion === undefined ? oldestForSetup : "24";

/** Whether version `a` is `b` or newer; what `b` leaves out counts as 0. */
export function isAtLeast(a, b) {
  const [left, right] = [a, b].map((version) => version.split(".").map(Number));
  const at = [0, 1, 2].find((i) => (left[i] ?? 0) !== (right[i] ?? 0));
  return at === undefined || (left[at] ?? 0) > (right[at] ?? 0);
}

/** The program of the Node that npm brought, as an absolute path; undefined where it brought none. */
export function pinnedNode() {
  for (const name of nodePackages) {
    const folder = join(root, "node_modules", name);
    if (!existsSync(join(folder, "package.json"))) continue;
    const { bin } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
    if (existsSync(join(folder, bin.node))) return join(folder, bin.node);
  }
  return undefined;
}

/** Whether this process runs on the pinned Node, or on the very same version. */
export function isPinned(node) {
  return process.versions.node === pinnedVersion || realpathSync(process.execPath) === realpathSync(node);
}

/** What to tell whoever starts Lectern with a Node that is too old; undefined if it will do. */
export function complaint(oldest, version = process.versions.node) {
  if (isAtLeast(version, oldest)) return undefined;
  return `this is Node ${version}, and Lectern needs ${oldest} or newer; get it from https://nodejs.org`;
}
