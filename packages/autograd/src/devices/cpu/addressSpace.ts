/**
 * Addresses that this process may still take: a system can limit them (`ulimit -v`), and V8 ends the process without a word
 * of ours where a thread finds none. Only Linux says how many there are.
 */

import { nodeModule } from "../../platform.ts";

/** Of what `/proc/self/limits` and `/proc/self/status` say, in bytes; undefined where nothing is limited. */
export function roomIn(limits: string, status: string): number | undefined {
  const limit = /^Max address space +(\d+)/m.exec(limits)?.[1];
  const taken = /^VmSize:\s+(\d+) kB/m.exec(status)?.[1];
  return limit === undefined || taken === undefined ? undefined : Math.max(0, Number(limit) - 1024 * Number(taken));
}

/** Bytes of addresses that are left; undefined where nothing is limited, or nobody says. */
export function addressRoom(): number | undefined {
  const fs = nodeModule<typeof import("node:fs")>("node:fs");
  try {
    if (fs === undefined) return undefined;
    return roomIn(fs.readFileSync("/proc/self/limits", "utf8"), fs.readFileSync("/proc/self/status", "utf8"));
  } catch {
    return undefined;
  }
}
