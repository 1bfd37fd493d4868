import { cpus } from "node:os";

/** The processor's name, without which no time says anything. */
export function processorName(): string {
  return cpus()[0]?.model.trim() || "unknown processor";
}
