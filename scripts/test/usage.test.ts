import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { eventsOf, lectern } from "./command.ts";

let folder = "";
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "lectern usage "));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** What a wrong call says, with its exit code; nothing may go to standard output. */
async function complaint(...args: string[]): Promise<{ code: number | null; line: string }> {
  const { code, stdout, stderr } = await lectern(args, folder);
  expect(stdout).toBe("");
  expect(stderr.trimEnd().split("\n")).toHaveLength(1);
  return { code, line: stderr.trimEnd() };
}

describe("wrong usage gives exit code 2 and one line that says what to do", () => {
  it.each([
    [["trian"], "there is no such command, did you mean train; see `lectern --help`"],
    [["train"], "say what to train: `lectern train char` or `lectern train classify`"],
    [["train", "char"], "--data is missing; see `lectern train char --help`"],
    [["train", "char", "--data", "moby-dick", "--bacth", "3"], "there is no option or command bacth"],
    [
      ["train", "char", "--data", "moby-dick", "--batch", "-3"],
      "--batch has to be a whole number of 1 or more; it is -3",
    ],
    [["train", "char", "--data", "moby-dick", "--lr", "fast"], '--lr has to be a number above 0; it is "fast"'],
    [
      ["train", "char", "--data", "moby-dick", "--preset", "huge"],
      '--preset is "huge", and has to be one of "tiny", "baby"',
    ],
    [
      ["train", "char", "--data", "moby-dik"],
      '--data: "moby-dik" is neither a file nor a data set; data sets are moby-dick,',
    ],
    [
      ["train", "classify", "--data", "names", "--steps", "1", "--epochs", "1"],
      "--steps and --epochs exclude each other",
    ],
    [["train", "char", "--data", "names", "--gpu-backend", "webasm"], "--gpu-backend needs --device gpu"],
    [["train", "char", "--data", "names", "--data", "x", "--data", "moby-dik"], '--data: "moby-dik" is neither'],
    [["train", "char", "--data", "names", "--steps", "1", "--steps", "no"], "--steps has to be a whole number of 1 or"],
    [["train", "char", "--data", "names", "--preset", "tiny", "--preset", "huge"], '--preset is "huge", and has to be'],
    [["data", "fetch", "mnist"], 'no data set is called "mnist"; known are moby-dick,'],
    [["train", "char", "--data", "names", "--steps", " "], '--steps has to be a whole number of 1 or more; it is " "'],
    [["generate", "runs/x", "--top-p", "1.5"], "--top-p has to be a number above 0, and at most 1; it is 1.5"],
  ])("lectern %j", async (args, message) => {
    const { code, line } = await complaint(...args);
    expect(line).toContain(`lectern: ${message.startsWith("--preset") ? `wrong value: ${message}` : message}`);
    expect(code).toBe(2);
  });
});

describe("a failure gives exit code 1 and one line that says what is wrong", () => {
  it("where there is no run of that name", async () => {
    const { code, line } = await complaint("eval", "runs/nothing");
    expect(line).toContain('there is no run "runs/nothing"');
    expect(code).toBe(1);
  });

  it("and not for a number that is given twice, of which the last counts, also where it is 1", async () => {
    const { code, line } = await complaint("generate", "runs/x", "--top-p", "0.5", "--top-p", "1");
    expect(line).toContain('there is no run "runs/x"');
    expect(code).toBe(1);
  });

  it("where the way of using a GPU that was asked for is not there", async () => {
    const { code, line } = await complaint("generate", "runs/x", "--device", "gpu", "--gpu-backend", "webgl2");
    expect(line).toContain("gpu: the backend webgl2 cannot be had: there is no OffscreenCanvas here");
    expect(line).toContain("ask for no particular one to get the best that works, or take the cpu device");
    expect(code).toBe(1);
  });

  it("where there is no GPU", async () => {
    const gpu = eventsOf(await lectern(["info", "--json"], folder)).find(({ device }) => device === "gpu")!;
    const { backend } = gpu.details as { backend: string };
    const outcome = await lectern(["generate", "runs/nothing", "--device", "gpu"], folder);
    const lines = outcome.stderr.split("\n").filter((text) => text.startsWith("gpu: "));
    if (backend !== "webasm") expect(lines).toEqual([]);
    else expect(lines).toEqual([expect.stringMatching(/^gpu: there is none here \(.+\), so .+: --device cpu is/)]);
  });

  it("where a folder has no checkpoint", async () => {
    await mkdir(join(folder, "empty"));
    const { code, line } = await complaint("generate", "empty");
    expect(line).toContain("no checkpoint in empty");
    expect(code).toBe(1);
  });

  it("where a file is no safetensors file", async () => {
    await writeFile(join(folder, "notes.txt"), "Call me Ishmael. Some years ago");
    const { code, line } = await complaint("generate", "notes.txt");
    expect(line).toContain("no safetensors file: notes.txt");
    expect(code).toBe(1);
  });

  it("where a text is too short to learn from", async () => {
    await writeFile(join(folder, "short.txt"), "Call me Ishmael.");
    const { stderr, code } = await lectern(["train", "char", "--data", "short.txt"], folder);
    expect(stderr).toMatch(/^lectern: data: the text has \d+ tokens, a context of 64 needs at least 65/);
    expect(code).toBe(1);
  });

  it("and shows the stack when asked", async () => {
    const { stderr } = await lectern(["eval", "runs/nothing", "--debug"], folder);
    expect(stderr).toMatch(/there is no run[\s\S]*\n {4}at /);
  });
});

describe("help and information", () => {
  it("prints the version of package.json", async () => {
    const { version } = JSON.parse(await readFile(new URL("../../package.json", import.meta.url), "utf8"));
    expect((await lectern(["--version"], folder)).stdout).toBe(`${version}\n`);
  });

  it("teaches the commands by examples where nothing is asked", async () => {
    const { code, stdout } = await lectern([], folder);
    expect(code).toBe(0);
    expect(stdout).toContain("lectern train char --data moby-dick");
    expect(stdout).toContain("npm run lectern --");
  });

  it("names every device, and says why one is not there", async () => {
    const outcome = await lectern(["info", "--json"], folder);
    const events = eventsOf(outcome);
    const devices = events.filter(({ event }) => event === "device");
    expect(devices.map(({ device }) => device)).toEqual(["cpu", "gpu", "reference"]);
    for (const { available, reason } of devices) expect(available === true || typeof reason === "string").toBe(true);
    expect(devices[0].available).toBe(true);
    const fused = [
      ...["adamW_", "attention", "cachedAttention", "convolution", "embeddingWithPositions"],
      ...["linear", "linearGelu", "lstm", "maxPool", "multiHeadAttention", "sumOfSquares", "swiglu"],
    ];
    expect(devices[0].details).toMatchObject({ fused, composed: [] });
    expect(devices[2].details).toMatchObject({ fused: [], composed: fused });
    expect(events.at(-1)).toMatchObject({ event: "done", node: process.versions.node });
    expect(outcome.code).toBe(0);
  });

  it("lists the data sets", async () => {
    const { stdout } = await lectern(["data", "list"], folder);
    expect(stdout).toMatch(/^moby-dick +characters +here/m);
    expect(stdout).toMatch(/^imdb +classification/m);
  });
});
