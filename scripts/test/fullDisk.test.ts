import { spawnSync } from "node:child_process";
import { appendFileSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, it } from "vitest";
import { lectern, start } from "./command.ts";

const folder = mkdtempSync(join(tmpdir(), "lectern-disk-"));
const disk = join(folder, "disk");
mkdirSync(disk);
/** A disk of 6 MB, where this process may mount one; elsewhere `stopping.test.ts` has limits and files in the way. */
const isMounted = spawnSync("mount", ["-t", "tmpfs", "-o", "size=6m", "lectern-test", disk]).status === 0;
afterAll(() => {
  if (isMounted) spawnSync("umount", ["-l", disk]);
  rmSync(folder, { recursive: true, force: true });
});

/** Writes until nothing fits any more. */
function fill(path: string): void {
  for (const size of [2 ** 16, 2 ** 10, 1]) {
    try {
      for (;;) appendFileSync(path, Buffer.alloc(size, 1));
    } catch {
      // Full, for such a part.
    }
  }
}

it.skipIf(!isMounted)(
  "a training on a disk that fills up goes on, and writes everything once there is room",
  async () => {
    const text = join(folder, "text.txt");
    writeFileSync(text, "the whale, the white whale! ".repeat(60));
    const out = join(disk, "run");
    const args = ["--data", text, "--out", out, "--steps", "100000", "--save-every", "5", "--json"];
    const run = start(["train", "char", ...args], folder);
    await run.seen('"event":"checkpoint"');
    fill(join(disk, "filler"));
    await run.seen("the disk is full; the training goes on");
    rmSync(join(disk, "filler"));
    await run.seen("what could not be written is written now");
    run.interrupt("SIGINT");
    const { code, stderr } = await run.ended;
    expect(code).toBe(130);
    const [, step] = /stopped after step (\d+), saved in/.exec(stderr)!;
    const names = readdirSync(join(out, "checkpoints"));
    expect(names).toContain(`step-${step.padStart(6, "0")}.safetensors`);
    expect(names.every((name) => name.endsWith(".safetensors"))).toBe(true);
    const lines = readFileSync(join(out, "metrics.jsonl"), "utf8").trimEnd().split("\n");
    const steps = lines.map((line) => JSON.parse(line)).filter(({ event }) => event === "step");
    expect(steps.map((line) => line.step)).toEqual(Array.from({ length: Number(step) }, (_, i) => i + 1));
  },
);

it.skipIf(!isMounted)("a training whose folder cannot be made says that the disk is read-only", async () => {
  const text = join(folder, "text.txt");
  writeFileSync(text, "the whale, the white whale! ".repeat(60));
  expect(spawnSync("mount", ["-o", "remount,ro", disk]).status).toBe(0);
  const out = join(disk, "new", "run");
  const { code, stderr } = await lectern(["train", "char", "--data", text, "--out", out, "--steps", "1"], folder);
  expect(stderr).toContain(`lectern: ${join(out, "training.lock")}: the disk is read-only`);
  expect(code).toBe(1);
});
