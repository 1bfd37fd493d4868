import { readFile } from "node:fs/promises";
import { hostname } from "node:os";

/** What tells one process from all others, those that got its number later included. */
export interface ProcessIdentity {
  readonly pid: number;
  readonly host: string;
  /** When it started, as Linux says it (the boot, and ticks since then); undefined elsewhere. */
  readonly started?: string;
}

/** A computer's name as a file's name can have it. */
export const HOST = hostname().replace(/[^A-Za-z0-9]+/g, "");

export async function thisProcess(): Promise<ProcessIdentity> {
  return { pid: process.pid, host: HOST, started: await startOf(process.pid) };
}

/** Whether a process lives; undefined where that cannot be known, because it runs on another computer. */
export async function isAlive({ pid, host, started }: ProcessIdentity): Promise<boolean | undefined> {
  if (host !== HOST) return undefined;
  try {
    process.kill(pid, 0);
  } catch (error) {
    // Another user's process lives as well.
    if ((error as { code?: string }).code !== "EPERM") return false;
  }
  const now = await startOf(pid);
  return now === undefined ? process.platform !== "linux" : started === undefined || now === started;
}

/** When a process started; undefined where it does not live any more, or the system is not Linux. */
async function startOf(pid: number): Promise<string | undefined> {
  try {
    const [boot, stat] = await Promise.all([
      readFile("/proc/sys/kernel/random/boot_id", "utf8"),
      readFile(`/proc/${pid}/stat`, "utf8"),
    ]);
    // The program's name, in brackets, may hold anything.
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    // A process that has ended and whose parent has not asked for its result.
    if (fields[0] === "Z" || fields[0] === "X") return undefined;
    return `${boot.trim()}/${fields[19]}`;
  } catch {
    return undefined;
  }
}
