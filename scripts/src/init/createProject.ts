import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { basename, dirname, join, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { UsageError } from "../errors.ts";
import { version } from "../version.ts";

const TEMPLATE = fileURLToPath(new URL("../../template/", import.meta.url));

/** The libraries that the project imports. */
export const LIBRARIES = ["@lectern/autograd", "@lectern/nn", "@lectern/train"];

/** Node runs TypeScript as it is from this version on. */
const OLDEST_NODE = ">=22.18";
/** Fetched when `npm run page` is first called. */
const VITE = "npx --yes vite@8.3.8";

export interface ProjectOptions {
  /** Gives a folder of tarballs, as `npm run pack` writes them, that the libraries are installed from; else npm's are. */
  readonly packages?: (project: string) => string;
}

/**
 * Writes a small project of one's own: a model, its training, a test, a page. Gives its files. Errors: the folder holds something
 * already, or is a file; a tarball is missing.
 */
export function createProject(folder: string, { packages }: ProjectOptions = {}): string[] {
  refuseFull(folder);
  const files = readdirSync(TEMPLATE, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(TEMPLATE, join(entry.parentPath, entry.name)));
  const tarballs = packages && tarballsIn(packages(folder));
  for (const file of files) {
    // npm leaves out a .gitignore where it packs a package.
    const target = join(folder, file === "gitignore" ? ".gitignore" : file);
    mkdirSync(dirname(target), { recursive: true });
    copyFileSync(join(TEMPLATE, file), target);
  }
  const name = nameFor(folder);
  const readme = join(folder, "README.md");
  writeFileSync(readme, readFileSync(readme, "utf8").replace("{{name}}", name));
  writeFileSync(join(folder, "package.json"), `${JSON.stringify(manifest(name, folder, tarballs), undefined, 2)}\n`);
  return [...files, "package.json"].sort();
}

/** What to do next, as a terminal is told. */
export function nextSteps(folder: string): string {
  const go = resolve(folder) === process.cwd() ? [] : [`cd ${folder}`];
  return [
    "The project is there. Go on with",
    ...[...go, "npm install", "npm start", "npm test"].map((line) => `  ${line}`),
  ].join("\n");
}

function refuseFull(folder: string): void {
  if (!existsSync(folder)) return;
  if (!statSync(folder).isDirectory()) throw new UsageError(`${folder} is a file: name a new folder, or an empty one`);
  // A repository that has just been made is as good as empty.
  const [first] = readdirSync(folder).filter((name) => name !== ".git");
  if (first !== undefined) {
    throw new UsageError(
      `${folder} holds ${first} already, and nothing is written over: name a new folder, or an empty one`,
    );
  }
}

/** A name that npm takes, of the folder's. */
function nameFor(folder: string): string {
  const name = basename(resolve(folder))
    .toLowerCase()
    .replace(/[^a-z0-9-]+/g, "-")
    .replace(/^-+|-+$/g, "");
  return name === "" ? "lectern-project" : name;
}

/** The libraries' tarballs, which have to lie in a folder. */
function tarballsIn(folder: string): readonly string[] {
  const tarballs = LIBRARIES.map((name) => join(folder, `${name.replace("@", "").replace("/", "-")}-${version}.tgz`));
  const missing = tarballs.find((file) => !existsSync(file));
  if (missing === undefined) return tarballs;
  throw new UsageError(`there is no ${missing}: \`npm run pack -- ${folder}\` in Lectern's repository writes it`);
}

function manifest(name: string, folder: string, tarballs: readonly string[] | undefined) {
  const specifier = (i: number): string => {
    const tarball = tarballs?.[i];
    return tarball === undefined ? version : `file:${relative(folder, tarball).replaceAll("\\", "/")}`;
  };
  return {
    ...{ name, version: "0.0.0", private: true, type: "module", engines: { node: OLDEST_NODE } },
    scripts: { start: "node src/train.ts", test: "node --test", page: VITE },
    dependencies: Object.fromEntries(LIBRARIES.map((library, i) => [library, specifier(i)])),
    // For editors, and whoever checks types.
    devDependencies: { "@types/node": "26.6.6" },
  };
}
