import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, describe, expect, it } from "vitest";

const root = fileURLToPath(new URL("../../", import.meta.url));

const folder = mkdtempSync(join(tmpdir(), "lectern-examples-"));
afterAll(() => rmSync(folder, { recursive: true }));
const losses = [3, 2, 1].map((loss, i) => `{"event":"step","step":${i + 1},"loss":${loss}}\n`);
writeFileSync(join(folder, "metrics.jsonl"), `${losses.join("")}{"event":"evaluate","step":3,"loss":1.5}\n`);

/** What each example is called with to be short, and what it has to print. */
const examples: Readonly<Record<string, { args: readonly string[]; prints: RegExp }>> = {
  "adapters.ts": { args: ["3"], prints: /^adapters, 1\.5 % of the parameters: \d\.\d+$/m },
  "images.ts": { args: ["3"], prints: /^\d+\.\d % of 400 images right$/m },
  "ownBatches.ts": { args: ["3"], prints: /^the best: \d+\.\d % of the sums right, loss \d\.\d+$/m },
  "ownLayer.ts": {
    args: ["3"],
    prints: /^layers\.0\.norm\.weight, .*layers\.0\.branches\.gate\.bias\nsquared error after 3 steps: \d\.\d+$/m,
  },
  "ownLoop.ts": { args: ["3"], prints: /^step 0: loss \d\.\d+\nvalidation loss \d\.\d+\nCall me \S/m },
  "ownLoss.ts": { args: ["3"], prints: /^squared error of 60 pictures: 0\.\d+$/m },
  "plotRun.ts": {
    args: [folder],
    prints: /loss\.svg: 3 steps and 1 evaluations of /,
  },
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

  it("tunes with under two percent of the parameters about as well as with all", () => {
    const { stdout } = spawnSync(process.execPath, ["scripts/examples/adapters.ts"], { cwd: root, encoding: "utf8" });
    const [before, all, share, adapters] = stdout.match(/\d+\.\d+/g)!.map(Number);
    expect(share).toBeLessThan(2);
    expect(all).toBeLessThan(0.9 * before);
    expect(adapters).toBeLessThan(1.05 * all);
  });

  it("has drawn the run: each step, and each evaluation", () => {
    const svg = readFileSync(join(folder, "loss.svg"), "utf8");
    const [training, validation] = [...svg.matchAll(/points="([^"]*)"/g)].map(([, points]) => points.split(" "));
    expect(training).toEqual(["226.7,40.0", "413.3,180.0", "600.0,320.0"]);
    expect(validation).toEqual(["600.0,250.0"]);
  });
});
