import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { type FileHandle, mkdir, open, rename, rm, stat } from "node:fs/promises";
import { dirname } from "node:path";
import { pipeline } from "node:stream/promises";
import { setTimeout as pause } from "node:timers/promises";
import type { Checksum, FetchOptions } from "./entry.ts";

/** A file elsewhere. */
export interface RemoteFile {
  /** What messages call it. */
  readonly name: string;
  readonly url: string;
  readonly size?: number;
  readonly checksum?: Checksum;
}

/** How patiently a download waits. */
export interface DownloadOptions extends FetchOptions {
  /** Milliseconds before a broken connection is taken up again. */
  readonly retryDelay?: number;
  /** Milliseconds without a single byte after which a connection counts as broken; a minute unless given. */
  readonly patience?: number;
}

/** A connection that broke before the end: what has arrived is worth keeping. */
class Interruption extends Error {}

/** How often one download takes up a broken connection by itself, as long as each try brings something. */
const RETRIES = 5;

/**
 * Downloads a file to `path`. Bytes go to `path.part`, which a later call goes on from where the server can (HTTP
 * ranges); only a whole file with the right size and checksum is renamed to `path`.
 *
 * Throws when the server cannot be reached or refuses, when the connection keeps breaking, when the file is not the
 * one expected (nothing is kept then), and when the disk refuses; an aborted signal throws its own reason.
 */
export async function download(file: RemoteFile, path: string, options: DownloadOptions = {}): Promise<void> {
  const part = `${path}.part`;
  try {
    await mkdir(dirname(path), { recursive: true });
    await transferAll(file, part, options);
    const wrong = await checksumError(part, file);
    if (wrong !== undefined) {
      await rm(part, { force: true });
      throw new Error(`${wrong}; the download was deleted: try again, and if it comes again, ${file.url} has changed`);
    }
    await rename(part, path);
  } catch (error) {
    if ((await stat(part).catch(() => undefined))?.size === 0) await rm(part, { force: true });
    options.signal?.throwIfAborted();
    // Another process that downloads the same file was faster, and has renamed the part.
    if (codeOf(error) === "ENOENT" && (await isWhole(path, file))) return;
    if (error instanceof Interruption) {
      throw new Error(`${error.message}; start it again, it goes on from there`, { cause: error });
    }
    throw diskError(error, path) ?? unreachable(error, file, path) ?? error;
  }
}

/** What is wrong with the file at `path`, or undefined if its size and checksum are as they should be. */
async function checksumError(path: string, file: RemoteFile): Promise<string | undefined> {
  const { size } = await stat(path);
  if (file.size !== undefined && size !== file.size) {
    return `${file.name}: the file has ${size} bytes instead of ${file.size}`;
  }
  if (file.checksum === undefined) return undefined;
  const [algorithm, expected] = file.checksum.split(":");
  const hash = createHash(algorithm === "git" ? "sha1" : algorithm);
  // As git names a file by its content.
  if (algorithm === "git") hash.update(`blob ${size}\0`);
  await pipeline(createReadStream(path), hash);
  const actual = hash.digest("hex");
  if (actual === expected) return undefined;
  return `${file.name}: wrong checksum, ${algorithm} is ${actual} instead of ${expected}`;
}

/** Whether the right file lies at `path`. */
export async function isWhole(path: string, file: RemoteFile): Promise<boolean> {
  const stats = await stat(path).catch(() => undefined);
  return stats !== undefined && (await checksumError(path, file)) === undefined;
}

/** Fills `part`, taking up a broken connection as long as that gets any further. */
async function transferAll(file: RemoteFile, part: string, options: DownloadOptions): Promise<void> {
  // Neither truncated nor appended to: bytes are written where they belong, so a second process that downloads the
  // same file at the same time writes the same bytes to the same places.
  const handle = await open(part, "r+").catch(() => open(part, "w+"));
  try {
    let start = (await handle.stat()).size;
    for (let retries = 0; ; retries++) {
      try {
        await transfer(file, handle, start, options);
        return;
      } catch (error) {
        const reached = (await handle.stat()).size;
        if (!(error instanceof Interruption) || reached <= start || retries === RETRIES) throw error;
        start = reached;
        await pause(options.retryDelay ?? 1000, undefined, { signal: options.signal });
      }
    }
  } finally {
    await handle.close();
  }
}

/** One connection: asks for the bytes from `start` on and writes what comes. */
async function transfer(file: RemoteFile, to: FileHandle, start: number, options: DownloadOptions): Promise<void> {
  if (start > 0 && start === file.size) return;
  const silence = new Silence(options.patience ?? 60_000);
  try {
    await receive(file, to, start, silence, options);
  } catch (error) {
    if (!silence.broke) throw error;
    const { size } = await to.stat();
    const seconds = silence.patience / 1000;
    throw new Interruption(`${file.name}: nothing came for ${seconds} s after ${megabytes(size)}`, { cause: error });
  } finally {
    silence.end();
  }
}

/** Breaks a connection on which nothing comes: a server that has stalled would be waited for without end. */
class Silence {
  readonly patience: number;
  readonly #controller = new AbortController();
  #timer: NodeJS.Timeout | undefined;

  constructor(patience: number) {
    this.patience = patience;
    this.heard();
  }

  get broke(): boolean {
    return this.#controller.signal.aborted;
  }

  /** What ends the connection: somebody who asked for it, or the silence. */
  signal(asked: AbortSignal | undefined): AbortSignal {
    return AbortSignal.any([this.#controller.signal, ...(asked === undefined ? [] : [asked])]);
  }

  heard(): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#controller.abort(), this.patience);
  }

  end(): void {
    clearTimeout(this.#timer);
  }
}

async function receive(
  file: RemoteFile,
  to: FileHandle,
  start: number,
  silence: Silence,
  options: DownloadOptions,
): Promise<void> {
  const response = await request(file.url, start, silence.signal(options.signal));
  silence.heard();
  if (response.status === 416 || (response.status === 206 && firstByte(response) !== start)) {
    // What is there does not fit what the server has.
    await response.body?.cancel();
    await to.truncate(0);
    if (start === 0) throw new Error(`${file.name}: ${file.url} sends ranges that nobody asked for`);
    return receive(file, to, 0, silence, options);
  }
  if (!response.ok || response.body === null) {
    throw new Error(`${file.name}: ${file.url} answers ${response.status} ${response.statusText}`.trimEnd());
  }
  let position = response.status === 206 ? start : 0;
  const total = expectedSize(response, position, file);
  const report = () => options.onProgress?.({ name: file.name, received: position, total });
  report();
  try {
    for await (const chunk of response.body) {
      if (total !== undefined && position + chunk.length > total) {
        throw new Error(`${file.name}: ${file.url} sends more than the ${total} bytes it should`);
      }
      await to.write(chunk, 0, chunk.length, position);
      position += chunk.length;
      silence.heard();
      report();
    }
  } catch (error) {
    if (isNetworkError(error)) throw interruption(file, position, total, error);
    throw error;
  }
  if (total !== undefined && position < total) throw interruption(file, position, total);
  await to.truncate(position);
}

function request(url: string, start: number, signal?: AbortSignal): Promise<Response> {
  // Compressed in transit, neither sizes nor ranges would mean the file's own bytes.
  const headers: Record<string, string> = { "accept-encoding": "identity" };
  if (start > 0) headers.range = `bytes=${start}-`;
  return fetch(url, { headers, signal });
}

/** Where a partial answer begins: `content-range: bytes 100-199/200`. */
function firstByte(response: Response): number | undefined {
  const range = /^bytes (\d+)-/.exec(response.headers.get("content-range") ?? "");
  return range === null ? undefined : Number(range[1]);
}

/** The whole file's size; an answer that promises another one than expected is refused before anything is written. */
function expectedSize(response: Response, start: number, file: RemoteFile): number | undefined {
  const length = response.headers.get("content-length");
  const offered = length === null || response.headers.has("content-encoding") ? undefined : start + Number(length);
  if (file.size !== undefined && offered !== undefined && offered !== file.size) {
    throw new Error(
      `${file.name}: ${file.url} offers ${offered} bytes instead of ${file.size}; it has changed, or a login page answers in its place`,
    );
  }
  return file.size ?? offered;
}

function interruption(file: RemoteFile, position: number, total?: number, cause?: unknown): Interruption {
  const of = total === undefined ? "" : ` of ${megabytes(total)}`;
  return new Interruption(`${file.name}: the connection broke after ${megabytes(position)}${of}`, { cause });
}

/** undici reports every broken connection as a TypeError, with the reason as its cause. */
function isNetworkError(error: unknown): error is TypeError {
  return error instanceof TypeError && (error.message === "terminated" || error.message === "fetch failed");
}

function unreachable(error: unknown, file: RemoteFile, path: string): Error | undefined {
  if (!isNetworkError(error)) return undefined;
  const reason = codeOf(error.cause) ?? (error.cause instanceof Error ? error.cause.message : error.message);
  return new Error(
    `${file.name}: ${new URL(file.url).host} cannot be reached (${reason}); check the network, ` +
      `or download ${file.url} elsewhere and put it at ${path}`,
    { cause: error },
  );
}

const DISK_REASONS: Record<string, string> = {
  ENOSPC: "the disk is full",
  EDQUOT: "the disk quota is used up",
  EACCES: "permission denied",
  EPERM: "permission denied",
  EROFS: "the disk is read-only",
  ENOTDIR: "a file is where a folder should be",
  EEXIST: "a file is where a folder should be",
};

function diskError(error: unknown, path: string): Error | undefined {
  const reason = DISK_REASONS[codeOf(error) ?? ""];
  if (reason === undefined) return undefined;
  return new Error(`cannot write ${path}: ${reason}; make room there, or set LECTERN_CACHE to another folder`, {
    cause: error,
  });
}

function codeOf(error: unknown): string | undefined {
  return error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : undefined;
}

/** Bytes for people: "84.1 MB". */
function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(1)} MB`;
}
