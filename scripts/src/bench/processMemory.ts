import { readFileSync } from "node:fs";

/**
 * The most memory that this process has had resident so far, in 10^6 bytes. On Linux getrusage also counts what the
 * process was before it began this program, the kernel's own record (VmHWM) does not.
 */
export function residentPeakMB(): number {
  try {
    const [, kilobytes] = /^VmHWM:\s*(\d+) kB/m.exec(readFileSync("/proc/self/status", "utf8")) ?? [];
    if (kilobytes !== undefined) return (Number(kilobytes) * 1024) / 1e6;
  } catch {
    // No Linux: below.
  }
  return (process.resourceUsage().maxRSS * 1024) / 1e6;
}
