import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { eventsOf, lectern, start } from "./command.ts";

let folder = "";
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "lectern train "));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const SMALL = ["--batch", "8", "--context", "16"];

const lossesIn = async (run: string) => {
  const text = await readFile(join(folder, run, "metrics.jsonl"), "utf8");
  const lines = text
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line));
  return lines.filter(({ event }) => event === "step").map(({ loss }) => loss as number);
};

describe("train char", () => {
  const train = (out: string, ...more: string[]) =>
    lectern(["train", "char", "--data", "names", ...SMALL, "--steps", "60", "--out", out, ...more], folder);

  it("prints JSON lines alone with --json, ends with the figures, and leaves a run to use", async () => {
    const outcome = await train("first", "--json");
    expect(outcome.code).toBe(0);
    const events = eventsOf(outcome);
    expect(events.filter(({ event }) => event === "step")).toHaveLength(60);
    const done = events.at(-1)!;
    expect(done).toMatchObject({ event: "done", steps: 60, device: "cpu", run: "first", interrupted: false });
    for (const figure of ["trainLoss", "valLoss", "accuracy", "msPerStep", "tokensPerSecond", "peakMemoryMB"]) {
      expect(done[figure], figure).toBeGreaterThan(0);
    }
    // Before any step the loss is ln(55) = 4.0: 55 different characters, and one as likely as the other.
    expect(done.valLoss).toBeLessThan(3.2);

    const evaluated = eventsOf(await lectern(["eval", "first", "--json"], folder)).at(-1)!;
    expect(evaluated.valLoss).toBeCloseTo(done.valLoss as number, 4);
    expect(evaluated.bitsPerCharacter).toBeCloseTo((done.valLoss as number) / Math.log(2), 4);
    expect(evaluated.perplexity).toBeCloseTo(Math.exp(done.valLoss as number), 2);

    const generate = ["generate", "first", "--prompt", "Ma", "--tokens", "40", "--seed", "3"];
    const { stdout } = await lectern(generate, folder);
    expect(stdout).toHaveLength(2 + 40 + 1);
    expect(stdout.startsWith("Ma")).toBe(true);
    expect((await lectern(generate, folder)).stdout).toBe(stdout);
    expect((await lectern([...generate, "--prompt", "Ω"], folder)).stderr).toContain("(U+03A9)");
  });

  it("tells people what it learns from, what it writes and what to do next", async () => {
    const { stdout, stderr } = await train("second", "--steps", "20", "--sample", "50");
    expect(stdout).toMatch(/names: [\d,]+ characters to learn from/);
    expect(stdout).toMatch(/20 steps in \d+ s: training loss \d\.\d+, validation loss \d\.\d+/);
    expect(stdout).toContain("It writes:");
    expect(stdout).toContain("npm run lectern -- generate second");
    expect(stderr).toContain("step 20/20");
  });

  it("stopped by Ctrl-C, saves, and --resume ends with the losses of an uninterrupted run", async () => {
    await train("whole", "--sample", "0");
    const args = ["train", "char", "--data", "names", ...SMALL, "--steps", "60", "--out", "parts", "--json"];
    const started = start(args, folder);
    await started.seen('"step":10,');
    started.interrupt();
    const stopped = await started.ended;
    expect(stopped.code).toBe(130);
    expect(eventsOf(stopped).at(-1)).toMatchObject({ event: "done", interrupted: true });
    expect(await readdir(join(folder, "parts", "checkpoints"))).toHaveLength(1);

    const resumed = await lectern([...args, "--resume"], folder);
    expect(eventsOf(resumed).at(-1)).toMatchObject({ event: "done", steps: 60, interrupted: false });
    expect(await lossesIn("parts")).toEqual(await lossesIn("whole"));

    const other = await lectern([...args, "--resume", "--context", "8"], folder);
    expect(other.stderr).toContain("--resume: parts holds another run (context 16 there, 8 here)");
    expect(other.code).toBe(2);
  });

  it("moves an earlier run aside, and says so", async () => {
    await train("twice", "--steps", "2", "--sample", "0");
    const { stderr } = await train("twice", "--steps", "3", "--sample", "0");
    expect(stderr).toContain("an earlier run was moved to twice/previous/1");
    expect(await lossesIn("twice")).toHaveLength(3);
    expect(await lossesIn("twice/previous/1")).toHaveLength(2);
    const third = await train("twice", "--steps", "4", "--sample", "0", "--overwrite");
    expect(third.stderr).toContain("deleting an earlier run in twice: config.json, tokenizer.json, metrics.jsonl");
    expect([await lossesIn("twice"), await lossesIn("twice/previous/1")].map((list) => list.length)).toEqual([4, 2]);
    const both = await train("twice", "--overwrite", "--resume");
    expect([both.code, both.stderr]).toEqual([2, expect.stringContaining("--overwrite deletes the run that --resume")]);
  });
});

describe("train classify", () => {
  it("learns from letters what kind of name it is, and evaluates to the same figures", async () => {
    const args = ["train", "classify", "--data", "names", "--epochs", "1", "--json"];
    const done = eventsOf(await lectern(args, folder)).at(-1)!;
    expect(done).toMatchObject({ event: "done", run: "runs/names-tiny" });
    expect(done.accuracy).toBeGreaterThan(0.65);

    const evaluated = eventsOf(await lectern(["eval", "runs/names-tiny", "--json"], folder)).at(-1)!;
    expect(evaluated.accuracy).toBe(done.accuracy);

    const generated = await lectern(["generate", "runs/names-tiny"], folder);
    expect(generated.stderr).toContain("is a classifier, which writes no text");
    expect(generated.code).toBe(2);
  });
});
