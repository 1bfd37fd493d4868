import { spawnSync } from "node:child_process";
import { readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";

const root = fileURLToPath(new URL("../../", import.meta.url));

/** What each example is called with to be short, and what it has to print. */
const examples: Readonly<Record<string, { args: readonly string[]; prints: RegExp }>> = {
  "ownOptimizer.ts": {
    args: ["3"],
    prints: /^Lion after 3 steps: \d\.\d+ nats .*\nAdamW after 3 steps: \d\.\d+ nats/m,
  },
  "ownTokenizer.ts": { args: ["3"], prints: /^500 tokens; "Call me Ishmael" is 1\d of them\nCall me \S/m },
};

describe("an example", () => {
  it.each(readdirSync(`${root}/scripts/examples`))("runs: %s", (file) => {
    const { args, prints } = examples[file];
    const command = [`scripts/examples/${file}`, ...args];
    const { status, stdout, stderr } = spawnSync(process.execPath, command, { cwd: root, encoding: "utf8" });
    expect(stderr).not.toMatch(/Error/);
    expect(stdout).toMatch(prints);
    expect(status).toBe(0);
  });
});
