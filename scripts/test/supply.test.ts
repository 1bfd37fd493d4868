import { existsSync, lstatSync, readdirSync, readFileSync, realpathSync } from "node:fs";
import { dirname, join } from "node:path";
import { expect, it } from "vitest";
import { manifest, root } from "../node.mjs";
import { pinnedPnpm, pnpmIntegrity } from "../pnpm.mjs";

interface Package {
  readonly name: string;
  readonly version: string;
  readonly license?: unknown;
  readonly scripts?: Readonly<Record<string, string>>;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

/** A package as npm's lockfile has it. */
interface Locked extends Package {
  readonly integrity?: string;
  readonly resolved?: string;
}

const read = (file: string): string => readFileSync(join(root, file), "utf8");
const packageIn = (folder: string): Package => JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));

/** Licences that let anybody use, change and pass on, and ask for no more than to be named. */
const LICENCES = new Set([
  "MIT",
  "MIT-0",
  "ISC",
  "Apache-2.0",
  "BSD-2-Clause",
  "BSD-3-Clause",
  "BlueOak-1.0.0",
  "Unlicense",
]);

/** The folder of a package as Node finds it from another one's; undefined where it is not installed. */
function find(name: string, from: string): string | undefined {
  const folder = join(from, "node_modules", name);
  if (existsSync(join(folder, "package.json"))) return realpathSync(folder);
  return dirname(from) === from ? undefined : find(name, dirname(from));
}

/** Adds every package that one needs when it runs, and those that these need. What is optional may be missing. */
function collect(folder: string, found: Map<string, Package>): Map<string, Package> {
  if (found.has(folder)) return found;
  const { dependencies, optionalDependencies, ...about } = packageIn(folder);
  found.set(folder, about);
  for (const name of Object.keys({ ...dependencies, ...optionalDependencies })) {
    const next = find(name, folder);
    if (next !== undefined) collect(next, found);
    else expect(Object.keys(optionalDependencies ?? {}), `${about.name} needs it`).toContain(name);
  }
  return found;
}

it("every package that Lectern needs to run has a licence that is known to be free", () => {
  const found = new Map<string, Package>();
  for (const folder of [".", "scripts"]) collect(realpathSync(join(root, folder)), found);
  const names = [...found.values()].map(({ name }) => name);
  // Whoever is missing here was not looked for in the right place.
  expect(names).toEqual(expect.arrayContaining(["@lectern/nn", "zod", "yargs", "yargs-parser", "gpu.js", "tar"]));
  const unknown = [...found.values()].filter(({ license }) => !LICENCES.has(String(license)));
  expect(unknown.map(({ name, version, license }) => `${name} ${version}: ${license}`)).toEqual([]);
});

it("every package is locked by its content, and none comes from elsewhere than where npm's packages do", () => {
  const packages = read("pnpm-lock.yaml")
    .split(/^packages:$/m)[1]
    .split(/^snapshots:$/m)[0];
  const resolutions = [...packages.matchAll(/^ {4}resolution: (.*)$/gm)].map(([, resolution]) => resolution);
  expect(resolutions.length).toBe([...packages.matchAll(/^ {2}\S.*:$/gm)].length);
  for (const resolution of resolutions) expect(resolution).toMatch(/^\{integrity: sha512-[\w+/]+=*\}$/);
  expect(read("scripts/setup.mjs")).toContain('"--frozen-lockfile"');
});

it("what makes the API's pages is locked by its content too, and free", () => {
  const lock = JSON.parse(read("scripts/api/package-lock.json")) as { packages: Record<string, Locked> };
  const { "": own, ...packages } = lock.packages;
  expect(Object.keys(packages)).toEqual(expect.arrayContaining(["node_modules/typedoc", "node_modules/typescript"]));
  expect(own.dependencies).toEqual(packageIn(join(root, "scripts/api")).dependencies);
  for (const [path, { integrity, license, resolved }] of Object.entries(packages)) {
    expect([path, integrity, resolved]).toEqual([path, expect.stringMatching(/^sha512-[\w+/]+=*$/), undefined]);
    // Python's licence, which argparse was translated with, is as free as MIT's.
    expect([path, LICENCES.has(String(license)) || license === "Python-2.0"]).toEqual([path, true]);
  }
});

it("pnpm is pinned with its hash", () => {
  expect(manifest.packageManager).toMatch(/^pnpm@\d+\.\d+\.\d+\+sha512\.[0-9a-f]{128}$/);
  expect(manifest.packageManager.startsWith(`${pinnedPnpm}+`)).toBe(true);
  expect(Buffer.from(pnpmIntegrity.slice("sha512-".length), "base64").toString("hex")).toBe(
    manifest.packageManager.split(".").at(-1),
  );
});

/** Every package in node_modules, those that only tests need included. */
function installed(): Package[] {
  const store = join(root, "node_modules", ".pnpm");
  const folders = readdirSync(store).map((name) => join(store, name, "node_modules"));
  return folders
    .filter((folder) => existsSync(folder))
    .flatMap((folder) => readdirSync(folder).map((name) => join(folder, name)))
    .flatMap((folder) =>
      folder.includes("/@") || folder.includes("\\@")
        ? readdirSync(folder).map((name) => join(folder, name))
        : [folder],
    )
    .filter((folder) => !lstatSync(folder).isSymbolicLink() && existsSync(join(folder, "package.json")))
    .map(packageIn);
}

it("no package runs a script when it is installed, and those that would are known by name", () => {
  const settings = read("pnpm-workspace.yaml");
  expect(settings).toMatch(/^onlyBuiltDependencies: \[\]$/m);
  const ignored = /^ignoredBuiltDependencies:\n((?: {2}- \S+\n)+)/m.exec(settings)?.[1] ?? "";
  const wouldRun = installed().filter(({ scripts = {} }) =>
    ["preinstall", "install", "postinstall"].some((name) => name in scripts),
  );
  expect([...new Set(wouldRun.map(({ name }) => name))].sort()).toEqual(
    [...ignored.matchAll(/- (\S+)/g)].map(([, name]) => name),
  );
});
