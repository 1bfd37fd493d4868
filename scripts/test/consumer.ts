import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { stageAll } from "../pack.mjs";

export const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const SOURCES = ["packages/autograd", "packages/nn", "packages/train", "datasets", "scripts", "scripts/src/init"];

export interface PublishedManifest {
  readonly name: string;
  readonly version: string;
  readonly bin?: Readonly<Record<string, string>>;
  readonly exports?: Readonly<Record<string, { readonly types: string; readonly default: string }>>;
  readonly dependencies: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

export const manifestIn = (folder: string) =>
  JSON.parse(readFileSync(join(folder, "package.json"), "utf8")) as PublishedManifest;

/** README's first program, and what of it is changed so that it takes a second. */
export function firstProgram(): string {
  const found = /## A first model of your own\n+```ts\n([\s\S]*?)```/.exec(
    readFileSync(join(ROOT, "README.md"), "utf8"),
  );
  if (found === null) throw new Error("README.md shows no first program");
  return found[1]
    .replaceAll("steps: 500", "steps: 4")
    .replace("evaluateEvery: 250", "evaluateEvery: 4")
    .replace("30 }", "1 }");
}

export const LIBRARIES = ["@lectern/autograd", "@lectern/nn", "@lectern/train", "@lectern/datasets"];

/**
 * Has the compiler look at a strict program in a folder and at everything that the libraries, and others that are named, export, as
 * Node finds these and as a bundler does.
 */
export function typeChecks(folder: string, others: readonly string[] = []): (() => string)[] {
  writeFileSync(join(folder, "strict.ts"), firstProgram());
  const all = [...LIBRARIES, ...others].map((name, i) => `export * as all${i} from "${name}";\n`);
  writeFileSync(join(folder, "all.ts"), all.join(""));
  const tsc = join(ROOT, "node_modules/typescript/bin/tsc");
  return [
    ["--module", "nodenext"],
    ["--module", "esnext", "--moduleResolution", "bundler"],
  ].map((resolution) => {
    // What `--strict` leaves to whoever wants it stricter.
    const stricter = ["--strict", "--exactOptionalPropertyTypes", "--noUncheckedIndexedAccess"];
    const args = ["--noEmit", ...stricter, "--target", "es2022", "--types", "", ...resolution, "strict.ts", "all.ts"];
    return () => execFileSync(process.execPath, [tsc, ...args], { cwd: folder, encoding: "utf8" });
  });
}

/**
 * A project outside of the workspace that has our packages as they are published, and those of others that the workspace has
 * installed for them.
 */
export function makeConsumer(): { folder: string; packages: string[]; remove(): void } {
  const folder = mkdtempSync(join(realpathSync(tmpdir()), "lectern-consumer-"));
  const modules = join(folder, "node_modules");
  const packages = stageAll(modules);
  for (const [i, published] of packages.entries()) {
    const { dependencies, optionalDependencies = {} } = manifestIn(published);
    for (const name of Object.keys({ ...dependencies, ...optionalDependencies })) {
      if (!name.startsWith("@lectern/")) link(join(ROOT, SOURCES[i], "node_modules", name), join(modules, name));
    }
  }
  writeFileSync(join(folder, "package.json"), JSON.stringify({ name: "consumer", private: true, type: "module" }));
  return { folder, packages, remove: () => rmSync(folder, { recursive: true, force: true }) };
}

function link(target: string, path: string): void {
  mkdirSync(dirname(path), { recursive: true });
  try {
    symlinkSync(realpathSync(target), path, "junction");
  } catch (error) {
    // Several packages have it, or it is optional and not there on this machine.
    if (!["EEXIST", "ENOENT"].includes((error as NodeJS.ErrnoException).code ?? "")) throw error;
  }
}
