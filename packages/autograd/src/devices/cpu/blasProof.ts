/**
 * Whether a BLAS library can be trusted: it is tried in a process of its own (proveLibrary.mjs), which may crash or hang, and
 * the outcome kept, so that the next program need not wait for it. Node only.
 */

import { nodeModule } from "../../platform.ts";
import { environment } from "./environment.ts";

/** Nothing where it is right. */
export interface Verdict {
  /** What is wrong with the library. */
  readonly fault?: string;
}

/** What is kept of a library that was right: its files as they were, each with its size and time. */
interface Kept {
  readonly files: readonly (readonly [path: string, bytes: number, time: number])[];
}

interface Modules {
  readonly fs: typeof import("node:fs");
  readonly os: typeof import("node:os");
  readonly path: typeof import("node:path");
}

function modules(): Modules {
  return {
    fs: nodeModule<typeof import("node:fs")>("node:fs")!,
    os: nodeModule<typeof import("node:os")>("node:os")!,
    path: nodeModule<typeof import("node:path")>("node:path")!,
  };
}

// Only Node has it. No literal, so that a bundler for browsers does not take it along.
const SCRIPT = "./proveLibrary.mjs";

/** Milliseconds after which a library counts as one that hangs; a proof takes a tenth of a second. */
const PATIENCE = 20_000;

/** Tries a library, unless it was found right before and is still the same. */
export function prove(name: string, patience = PATIENCE): Verdict {
  const place = placeOf(name);
  if (isKept(place)) return {};
  const verdict = tryOut(name, patience);
  if (verdict.fault !== undefined) return verdict;
  keep(place, { files: verdict.files ?? [] });
  return {};
}

function tryOut(name: string, patience: number): Verdict & Partial<Kept> {
  const { spawnSync } = nodeModule<typeof import("node:child_process")>("node:child_process")!;
  const { fileURLToPath } = nodeModule<typeof import("node:url")>("node:url")!;
  // Not the options of this process: a debugger's or a test's would disturb the other one.
  const { NODE_OPTIONS: _, NODE_V8_COVERAGE: __, ...env } = process.env;
  const script = fileURLToPath(new URL(SCRIPT, import.meta.url));
  const { error, signal, status, stdout } = spawnSync(process.execPath, [script, name], {
    env,
    encoding: "utf8",
    stdio: ["ignore", "pipe", "ignore"],
    timeout: patience,
    killSignal: "SIGKILL",
  });
  if ((error as { code?: string } | undefined)?.code === "ETIMEDOUT") {
    return { fault: `it did not answer within ${patience / 1000} s` };
  }
  if (error !== undefined) return { fault: `it could not be tried out (${error.message})` };
  if (signal !== null || status !== 0) return { fault: `it crashed (${signal ?? `code ${status}`})` };
  try {
    return JSON.parse(stdout) as Verdict & Partial<Kept>;
  } catch {
    return { fault: "it could not be tried out (there was no answer)" };
  }
}

/** Where the outcome for a library is kept: what it depends on, besides the library, is in the name. */
function placeOf(name: string): string {
  const { os, path } = modules();
  const { createHash } = nodeModule<typeof import("node:crypto")>("node:crypto")!;
  const surroundings = [
    process.version,
    process.arch,
    os.release(),
    os.cpus()[0]?.model,
    environment("LD_LIBRARY_PATH"),
  ];
  const key = createHash("sha256")
    .update(JSON.stringify([1, name, ...surroundings]))
    .digest("hex")
    .slice(0, 16);
  return path.join(cacheFolder(), `blas-${key}.json`);
}

/** As data sets have it: `LECTERN_CACHE`, or where the system keeps caches. */
function cacheFolder(): string {
  const { os, path } = modules();
  const named = environment("LECTERN_CACHE");
  if (named) return path.resolve(named);
  const home = os.homedir();
  if (os.platform() === "darwin") return path.join(home, "Library", "Caches", "lectern");
  if (os.platform() === "win32") {
    return path.join(environment("LOCALAPPDATA") || path.join(home, "AppData", "Local"), "lectern", "cache");
  }
  return path.join(environment("XDG_CACHE_HOME") || path.join(home, ".cache"), "lectern");
}

function isKept(place: string): boolean {
  const { fs } = modules();
  try {
    const { files } = JSON.parse(fs.readFileSync(place, "utf8")) as Kept;
    return files.every(([path, bytes, time]) => {
      const { size, mtimeMs } = fs.statSync(path);
      return size === bytes && mtimeMs === time;
    });
  } catch {
    return false;
  }
}

/** Where nothing can be written, the next program tries once more. */
function keep(place: string, kept: Kept): void {
  const { fs, path } = modules();
  const beside = `${place}.${process.pid}`;
  try {
    fs.mkdirSync(path.dirname(place), { recursive: true });
    fs.writeFileSync(beside, JSON.stringify(kept));
    fs.renameSync(beside, place);
  } catch {}
}

/** Whether a library may be there at all, so that nobody waits for a process that tries what is not. */
export function mayBeThere(name: string): boolean {
  const { fs, os, path } = modules();
  if (path.isAbsolute(name)) return os.platform() === "darwin" || fs.existsSync(name);
  const folders = (value: string | undefined) => (value ?? "").split(path.delimiter).filter((folder) => folder !== "");
  const inOneOf = (list: readonly string[]) => list.some((folder) => fs.existsSync(path.join(folder, name)));
  if (os.platform() === "win32") return inOneOf([".", ...folders(environment("PATH") ?? environment("Path"))]);
  if (os.platform() !== "linux" || name.includes("/")) return true;
  if (
    inOneOf([...folders(environment("LD_LIBRARY_PATH")), "/lib", "/usr/lib", "/lib64", "/usr/lib64", "/usr/local/lib"])
  ) {
    return true;
  }
  try {
    return fs.readFileSync("/etc/ld.so.cache", "latin1").includes(`${name}\0`);
  } catch {
    return false;
  }
}
