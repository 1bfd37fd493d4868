import { spawnSync } from "node:child_process";
import { existsSync, statSync } from "node:fs";
import { mkdtemp, open, rm, statfs } from "node:fs/promises";
import { availableParallelism, totalmem } from "node:os";
import { dirname, join, resolve } from "node:path";
import { cpuInfo, gpuInfo, openGpu } from "@lectern/autograd";
import { listDatasets } from "@lectern/datasets";
import { defaultCacheFolder } from "@lectern/datasets/node";
import { complaint, oldestInPlace, pinnedVersion, root } from "../../node.mjs";
import { megabytes, output } from "../output.ts";
import { defineCommand } from "./command.ts";

/** What a look at one part of the surroundings came to. */
export interface Finding {
  /** `note`: Lectern works, but not as well as it could. `problem`: it does not, or something will go wrong. */
  readonly state: "ok" | "note" | "problem";
  readonly found: string;
  /** What to do about it. */
  readonly advice?: string;
}

/** `lectern doctor`: what stands in a training's way on this machine and in this folder, and what to do about it. */
export const command = defineCommand({
  options: (yargs) =>
    yargs
      .example("$0 doctor", "Before a long training: is everything there?")
      .epilogue("It ends with exit code 1 where it finds a problem; a note is none."),
  run: doctor,
});

/** Every look that is taken, in the order in which they are told. A new one is its line here. */
const CHECKS: Readonly<Record<string, () => Finding | Promise<Finding>>> = {
  Node: () => judgeNode(process.versions.node),
  memory: () => judgeMemory(memoryHere()),
  threads,
  SIMD: simd,
  BLAS: blas,
  GPU: gpu,
  disk: () => disk(resolve("runs")),
  runs: () => writing(resolve("runs"), "go to a folder of your own, or name one that can be written with --out"),
  downloads: () => writing(defaultCacheFolder(), "set LECTERN_CACHE to a folder that can be written"),
  network: () => network(listDatasets().flatMap(({ url }) => (url?.startsWith("https:") ? [url] : []))),
  clock: () => judgeClock(new Date(), newestDate()),
};

async function doctor({ json }: { json: boolean }): Promise<void> {
  const out = output(json);
  const counts = { ok: 0, note: 0, problem: 0 };
  for (const [check, look] of Object.entries(CHECKS)) {
    const finding = await findingOf(look);
    counts[finding.state]++;
    out.event("check", { check, ...finding });
    out.say(`${finding.state.padEnd(8)} ${check.padEnd(10)} ${finding.found}`);
    if (finding.advice !== undefined) out.say(`${" ".repeat(20)}-> ${finding.advice}`);
  }
  const { ok, note: notes, problem: problems } = counts;
  out.say(`\n${ok} ok, ${notes} to note, ${problems === 1 ? "1 problem" : `${problems} problems`}`);
  out.event("done", { ok, notes, problems });
  if (problems > 0) process.exitCode = 1;
}

const gigabytes = (bytes: number): string => `${(bytes / 1e9).toFixed(1)} GB`;

/** What a look throws is what it has found: Lectern's own errors say what to do. */
async function findingOf(look: () => Finding | Promise<Finding>): Promise<Finding> {
  try {
    return await look();
  } catch (error) {
    return { state: "problem", found: messageOf(error) };
  }
}

const messageOf = (error: unknown): string =>
  (error instanceof Error ? error.message : String(error)).trim().replace(/\s*\n\s*/g, " ");

export function judgeNode(version: string): Finding {
  const tooOld = complaint(oldestInPlace, version);
  if (tooOld !== undefined) return { state: "problem", found: tooOld };
  if (pinnedVersion === undefined) return { state: "ok", found: version };
  if (version === pinnedVersion) return { state: "ok", found: `${version}, the one that Lectern is tested with` };
  return {
    state: "note",
    found: `${version}; Lectern is tested with ${pinnedVersion}`,
    advice: "run `node scripts/setup.mjs` in the repository's folder: npm brings that Node where there is one",
  };
}

/** In bytes. */
interface Memory {
  readonly total: number;
  /** What may be taken yet. */
  readonly free: number;
  /** What this process may have: a container's or a scheduler's limit. */
  readonly limit?: number;
}

function memoryHere(): Memory {
  const limit = process.constrainedMemory();
  const total = totalmem();
  // Where nothing is limited it is 0, or more than there is.
  return { total, free: process.availableMemory(), limit: limit > 0 && limit < total ? limit : undefined };
}

/** In bytes: with less than the first little can be trained, and with less than the second a large batch cannot. */
const LEAST_MEMORY = 0.5e9;
const ENOUGH_MEMORY = 2e9;

export function judgeMemory({ total, free, limit }: Memory): Finding {
  const bound = limit === undefined ? "" : `, limited to ${gigabytes(limit)} (a container's or a scheduler's limit)`;
  const found = `${gigabytes(free)} free of ${gigabytes(total)}${bound}`;
  if (free >= ENOUGH_MEMORY) return { state: "ok", found };
  const raise = limit === undefined ? "end other programs" : "ask for a higher limit";
  const advice = `${raise}, or train with a smaller --preset, --batch or --context`;
  return { state: free < LEAST_MEMORY ? "problem" : "note", found, advice };
}

function threads(): Finding {
  const { threads: count, threadsReason: reason } = cpuInfo();
  const processors = availableParallelism();
  const found = `the cpu device uses ${count} of ${processors} processors`;
  if (reason !== undefined) return { state: "note", found: `${found}: ${reason}` };
  if (count === processors) return { state: "ok", found };
  const wanted = process.env.LECTERN_THREADS;
  if (!wanted) return { state: "ok", found: `${found}, which is the most it can` };
  return { state: "note", found: `${found}: LECTERN_THREADS is ${wanted}`, advice: "unset LECTERN_THREADS for all" };
}

function simd(): Finding {
  const { simd: build, simdReason: reason } = cpuInfo();
  const found = `the ${build} build of the kernels`;
  if (reason === undefined) return { state: "ok", found: `${found}: fused multiply-add, vectors of 256 bits` };
  return { state: "note", found: `${found}, as ${reason}: right, and slower` };
}

function blas(): Finding {
  const { blas: library, blasReason: reason } = cpuInfo();
  if (library !== undefined) return { state: "ok", found: `${library}, proven` };
  const wanted = process.env.LECTERN_BLAS;
  if (wanted === "off") {
    return {
      state: "note",
      found: "none: LECTERN_BLAS is off",
      advice: "unset LECTERN_BLAS for faster large products",
    };
  }
  // A library that was named is missed; the system's own is just a help.
  return { state: wanted && wanted !== "on" ? "problem" : "note", found: `none: ${reason}` };
}

async function gpu(): Promise<Finding> {
  await openGpu();
  const { backend, adapter, reasons } = gpuInfo();
  if (backend !== "webasm") return { state: "ok", found: `${backend} on ${adapter}` };
  const why = Object.entries(reasons).map(([name, reason]) => `no ${name}: ${reason}`);
  return { state: "note", found: `none (${why.join("; ")})`, advice: "train on the cpu device, which is the default" };
}

/** In bytes: a checkpoint is three times as large as the model, and several are kept. */
const LEAST_SPACE = 0.2e9;
const ENOUGH_SPACE = 2e9;

export async function disk(folder: string): Promise<Finding> {
  const { bavail, bsize } = await statfs(nearest(folder));
  return judgeSpace(bavail * bsize, folder);
}

export function judgeSpace(free: number, folder: string): Finding {
  const found = `${gigabytes(free)} free for ${folder}`;
  if (free >= ENOUGH_SPACE) return { state: "ok", found };
  const advice = "delete old runs, or name a folder on another disk with --out";
  return { state: free < LEAST_SPACE ? "problem" : "note", found, advice };
}

const SAMPLE = 16 * 2 ** 20;
/** Below this many bytes a second a checkpoint is waited for. */
const SLOW = 10e6;

/** Writes a file in the folder (or in that in which it would be made), syncs it as a checkpoint is, and deletes it. */
export async function writing(folder: string, advice: string, speedIn = writeSpeed): Promise<Finding> {
  const where = nearest(folder);
  if (!statSync(where).isDirectory()) {
    return { state: "problem", found: `${where} is a file, where there has to be a folder`, advice };
  }
  try {
    const speed = await speedIn(where);
    const found = `${folder} can be written, ${megabytes(speed)} a second`;
    if (speed >= SLOW) return { state: "ok", found };
    return { state: "note", found, advice: "a disk of this machine's own is faster than one on the network" };
  } catch (error) {
    return { state: "problem", found: `${folder} cannot be written (${messageOf(error)})`, advice };
  }
}

/** In bytes a second. */
async function writeSpeed(folder: string): Promise<number> {
  const scratch = await mkdtemp(join(folder, ".lectern-doctor-"));
  try {
    const file = await open(join(scratch, "sample"), "w");
    try {
      const bytes = new Uint8Array(SAMPLE).fill(1);
      const start = performance.now();
      await file.writeFile(bytes);
      await file.sync();
      return SAMPLE / ((performance.now() - start) / 1000);
    } finally {
      await file.close();
    }
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

/** The path, or the nearest above it that there is. */
function nearest(path: string): string {
  return existsSync(path) || dirname(path) === path ? path : nearest(dirname(path));
}

/** Asks the host of each file for its head alone. Without a network nothing is wrong: two data sets need none. */
export async function network(urls: readonly string[], timeout = 4000): Promise<Finding> {
  const answers = await Promise.all(urls.map((url) => whyUnreachable(url, timeout)));
  const missing = answers.filter((answer) => answer !== undefined);
  if (missing.length === 0) return { state: "ok", found: `all ${urls.length} downloads can be reached` };
  const here = listDatasets().filter(({ offline, task }) => offline && task !== "images");
  return {
    state: "note",
    found: `${missing.length} of ${urls.length} downloads cannot be reached: ${missing.join("; ")}`,
    advice: `train on ${here.map(({ name }) => name).join(" or ")}, on a file of your own, or on what has been downloaded`,
  };
}

async function whyUnreachable(url: string, timeout: number): Promise<string | undefined> {
  const { host } = new URL(url);
  try {
    const { ok, status } = await fetch(url, { method: "HEAD", signal: AbortSignal.timeout(timeout) });
    return ok ? undefined : `${host} answers with status ${status}`;
  } catch (error) {
    if (error instanceof Error && error.name === "TimeoutError") return `${host} does not answer`;
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
    return `${host} (${(cause as NodeJS.ErrnoException).code ?? messageOf(cause)})`;
  }
}

/** When Lectern was last changed, as its repository knows, or the file that every set-up reads. */
function newestDate(): Date {
  const git = spawnSync("git", ["log", "-1", "--format=%cI"], { cwd: root, encoding: "utf8", timeout: 5000 });
  const committed = git.status === 0 ? Date.parse(git.stdout.trim()) : Number.NaN;
  return Number.isNaN(committed) ? statSync(join(root, "package.json")).mtime : new Date(committed);
}

const DAY = 24 * 3600 * 1000;

/** A clock that is behind Lectern's own last change, or decades before it, is wrong: certificates are refused then. */
export function judgeClock(now: Date, newest: Date): Finding {
  const said = now.toISOString().slice(0, 16).replace("T", " ");
  const since = (now.getTime() - newest.getTime()) / DAY;
  if (since >= -1 && since < 20 * 365) return { state: "ok", found: `${said} UTC` };
  return {
    state: "problem",
    found: `it says ${said} UTC, and Lectern was last changed on ${newest.toISOString().slice(0, 10)}`,
    advice: "set the clock: downloads' certificates are refused, and runs are dated wrongly",
  };
}
