import { fileURLToPath } from "node:url";
import { expect } from "vitest";
import type { Outcome } from "../../src/course/protocol.ts";
import { Sandbox } from "../../src/course/sandbox.ts";

const here = (name: string): string => fileURLToPath(new URL(`hostile/${name}`, import.meta.url));

/** Has functions of the hostile file called in a process of their own, one after another. */
export async function played(names: readonly string[], seconds = 20): Promise<Outcome[]> {
  const limits = { seconds, megabytes: 400, printed: 10_000 };
  const sandbox = new Sandbox({ exercise: here("exercise.ts"), student: here("student.ts"), needs: [] }, limits);
  try {
    const outcomes: Outcome[] = [];
    for (const name of names) outcomes.push(await sandbox.ask("call", { name }));
    expect(sandbox.printed.length).toBeLessThanOrEqual(limits.printed);
    return outcomes;
  } finally {
    sandbox.close();
  }
}
