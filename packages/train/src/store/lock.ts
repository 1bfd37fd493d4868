import { randomBytes } from "node:crypto";
import { link, open, readFile, rename, rm, stat, utimes } from "node:fs/promises";
import { isAlive, type ProcessIdentity, thisProcess } from "./processes.ts";

interface Owner extends ProcessIdentity {
  /** When it took the lock. */
  readonly since: string;
  readonly token: string;
}

/** An owner shows so often that it lives … */
const BEAT_MS = 10_000;
/** … and one that cannot be looked up, because it runs elsewhere, has gone when it has not for so long. */
const SILENCE_MS = 600_000;

/**
 * Takes a lock, which is a file that says who has it, and gives what gives it back. One whose process has ended, killed or
 * not, is taken over. Errors: a process that lives has it; `inUse` is told which.
 */
export async function takeLock(path: string, inUse: (by: string) => Error): Promise<() => Promise<void>> {
  const owner: Owner = {
    ...(await thisProcess()),
    since: new Date().toISOString(),
    token: randomBytes(8).toString("hex"),
  };
  const text = `${JSON.stringify(owner)}\n`;
  while (!(await claim(path, text))) {
    const there = await textOf(path);
    if (there === undefined) continue;
    if (await isHeld(path, there)) throw inUse(nameOf(there, owner));
    await takeAway(path, there);
  }
  const beat = setInterval(() => void utimes(path, new Date(), new Date()).catch(() => {}), BEAT_MS);
  beat.unref();
  return async () => {
    clearInterval(beat);
    if ((await textOf(path)) === text) await rm(path, { force: true });
  };
}

/** Makes the file, whole from its first moment; false where it is there already. */
async function claim(path: string, text: string): Promise<boolean> {
  const own = `${path}.${randomBytes(8).toString("hex")}`;
  const file = await open(own, "wx");
  try {
    await file.writeFile(text);
    await file.close();
    await link(own, path);
    return true;
  } catch (error) {
    const { code } = error as { code?: string };
    if (code === "EEXIST") return false;
    // A file system without links: the name is taken first, and the text follows.
    if (code === "EPERM" || code === "ENOTSUP" || code === "EOPNOTSUPP" || code === "ENOSYS")
      return claimInPlace(path, text);
    throw error;
  } finally {
    await rm(own, { force: true });
  }
}

async function claimInPlace(path: string, text: string): Promise<boolean> {
  try {
    const file = await open(path, "wx");
    await file.writeFile(text);
    await file.close();
    return true;
  } catch (error) {
    if ((error as { code?: string }).code === "EEXIST") return false;
    throw error;
  }
}

async function isHeld(path: string, text: string): Promise<boolean> {
  const owner = parseOwner(text);
  const alive = owner && (await isAlive(owner));
  if (alive === false) return false;
  // Where the process's start is known, so is whether it is still the same one.
  if (alive && owner?.started !== undefined) return true;
  const { mtimeMs } = await stat(path).catch(() => ({ mtimeMs: 0 }));
  return Date.now() - mtimeMs < SILENCE_MS;
}

/** Removes a lock that nobody holds, and puts it back where somebody else took it over meanwhile. */
async function takeAway(path: string, text: string): Promise<void> {
  const aside = `${path}.${randomBytes(8).toString("hex")}`;
  try {
    await rename(path, aside);
  } catch (error) {
    if ((error as { code?: string }).code === "ENOENT") return;
    throw error;
  }
  if ((await textOf(aside)) !== text) await link(aside, path).catch(() => {});
  await rm(aside, { force: true });
}

async function textOf(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    if ((error as { code?: string }).code === "ENOENT") return undefined;
    throw error;
  }
}

function parseOwner(text: string): Owner | undefined {
  try {
    const { pid, host, started, since, token } = JSON.parse(text) as Record<string, unknown>;
    const known = Number.isSafeInteger(pid) && (pid as number) > 0 && typeof host === "string";
    if (!known || !(started === undefined || typeof started === "string")) return undefined;
    return { pid: pid as number, host, started, since: String(since), token: String(token) };
  } catch {
    return undefined;
  }
}

function nameOf(text: string, self: Owner): string {
  const owner = parseOwner(text);
  if (owner === undefined) return "another process";
  if (owner.host !== self.host) return `process ${owner.pid} on ${owner.host}, since ${owner.since}`;
  return owner.pid === self.pid ? "another training of this process" : `process ${owner.pid}, since ${owner.since}`;
}
