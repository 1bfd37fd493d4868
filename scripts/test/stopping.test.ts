import { spawn, spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { ENTRY, start } from "./command.ts";

const folder = mkdtempSync(join(tmpdir(), "lectern-stopping-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const text = join(folder, "text.txt");
writeFileSync(text, "the whale, the white whale! ".repeat(60));

/** A training that would take long, and saves at its end alone. */
const training = (out: string, steps = 100_000) =>
  start(
    ["train", "char", "--data", text, "--out", out, "--steps", String(steps), "--save-every", "100000", "--json"],
    folder,
  );

/** Waits until a training that nobody hears any more has saved, and let go of its folder. */
async function checkpointIn(out: string): Promise<void> {
  for (;;) {
    const names = existsSync(join(out, "checkpoints")) ? readdirSync(join(out, "checkpoints")) : [];
    if (names.some((name) => name.endsWith(".safetensors")) && !readdirSync(out).includes("training.lock")) return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

describe.skipIf(process.platform === "win32")("a training that is to stop", () => {
  it.each([
    ["SIGINT", 130],
    ["SIGTERM", 143],
    ["SIGHUP", 129],
  ] as const)("saves, says how to go on, and ends with the code of %s", async (signal, code) => {
    const out = join(folder, signal);
    const run = training(out);
    await run.seen('"step":5,');
    run.interrupt(signal);
    const ended = await run.ended;
    expect(ended.code).toBe(code);
    expect(ended.stderr).toMatch(/stopped after step \d+, saved in .*--resume/);
    expect(readdirSync(join(out, "checkpoints"))).toHaveLength(1);
    expect(ended.stdout.trimEnd().split("\n").at(-1)).toContain('"interrupted":true');
  });

  it("saves and ends within --time-limit, which is no failure", async () => {
    const out = join(folder, "limited");
    const args = ["--data", text, "--out", out, "--steps", "1000000", "--time-limit", "3s"];
    const { code, stderr } = await start(["train", "char", ...args], folder).ended;
    expect([code, readdirSync(join(out, "checkpoints")).length > 0]).toEqual([0, true]);
    expect(stderr).toMatch(/stopped after step \d+, saved in .*--resume/);
    const wrong = await start(["train", "char", "--data", text, "--time-limit", "soon"], folder).ended;
    expect([wrong.code, wrong.stderr]).toEqual([
      2,
      'lectern: --time-limit has to be a time such as 2h, 90m, 1h30m or 30s; it is "soon"\n',
    ]);
  });

  it("goes on where it cannot save, names the file, and ends with 1 where it never could", async () => {
    const out = join(folder, "refused");
    const run = training(out);
    await run.seen('"step":5,');
    // Permissions do not hold back root; a file where a folder should be does.
    writeFileSync(join(out, "checkpoints"), "");
    run.interrupt("SIGTERM");
    const { code, stderr } = await run.ended;
    expect(code).toBe(1);
    expect(stderr).toContain("the training goes on, and tries again after 0.5 s");
    expect(stderr).toMatch(/lectern: .*checkpoints.*: a file is where a folder should be/);
    expect(readFileSync(join(out, "metrics.jsonl"), "utf8")).toContain('"step":5,');
  });

  it("leaves whole lines and no half files where the system takes a write's first part alone", async () => {
    const out = join(folder, "cut");
    // A limit on the size of files: what is beyond it is refused in the middle of a write, as on a disk that is full.
    const command = `ulimit -f 20; exec '${process.execPath}' '${ENTRY}' train char --data '${text}' --out '${out}' --steps 90 --save-every 30`;
    const { status, stderr } = spawnSync("sh", ["-c", command], { encoding: "utf8" });
    expect([status, stderr]).toEqual([1, expect.stringContaining("larger than this process may write")]);
    expect(readdirSync(join(out, "checkpoints"))).toEqual([]);
    const lines = readFileSync(join(out, "metrics.jsonl"), "utf8").split("\n");
    expect(lines.pop()).toBe("");
    expect(lines.map((line) => JSON.parse(line).event)).toContain("step");
  });

  it("saves on Ctrl-C where that ends the program, too, which reads what it says", async () => {
    const out = join(folder, "tee");
    const log = join(folder, "log.txt");
    const command = `'${process.execPath}' '${ENTRY}' train char --data '${text}' --out '${out}' --steps 100000 --save-every 100000 --json 2>&1 | tee '${log}'`;
    // In a group of their own, all of which Ctrl-C goes to.
    const shell = spawn("sh", ["-c", command], { detached: true, stdio: ["ignore", "pipe", "ignore"] });
    await new Promise<void>((resolve) => {
      let told = "";
      shell.stdout.setEncoding("utf8").on("data", (part: string) => {
        told += part;
        if (told.includes('"step":5,')) resolve();
      });
    });
    process.kill(-shell.pid!, "SIGINT");
    await checkpointIn(out);
  });

  it("goes on to its end, and saves, where standard error goes to a full disk", () => {
    const out = join(folder, "full");
    const command = `exec '${process.execPath}' '${ENTRY}' train char --data '${text}' --out '${out}' --steps 6 --sample 0 2>/dev/full`;
    const { status } = spawnSync("sh", ["-c", command]);
    expect([status, readdirSync(join(out, "checkpoints"))]).toEqual([0, ["step-000006.safetensors"]]);
    expect(readFileSync(join(out, "metrics.jsonl"), "utf8")).toContain("standard error is not taken any more (ENOSPC)");
  });

  it("notices that npm's shell has ended, which passes no signal on, and saves", async () => {
    const out = join(folder, "orphan");
    // Two commands, so that the shell does not let the program take its place.
    const command = `'${process.execPath}' '${ENTRY}' train char --data '${text}' --out '${out}' --steps 100000 --save-every 100000; true`;
    const shell = spawn("sh", ["-c", command], {
      env: { ...process.env, npm_lifecycle_event: "lectern" },
      stdio: ["ignore", "ignore", "pipe"],
    });
    let told = "";
    const closed = new Promise((resolve) => shell.stderr.on("close", resolve));
    await new Promise<void>((resolve) => {
      shell.stderr.setEncoding("utf8").on("data", (part: string) => {
        told += part;
        if (told.includes("step 1/")) resolve();
      });
    });
    shell.kill("SIGTERM");
    // The training holds the same pipe: it is closed when that has ended.
    await closed;
    expect(told).toContain(`saved in ${out}`);
    expect(readdirSync(join(out, "checkpoints"))).toHaveLength(1);
  });

  it("has its folder for itself: a second process is refused, and after a kill the next one goes on", async () => {
    const out = join(folder, "shared");
    const first = training(out);
    await first.seen('"step":5,');
    const second = await training(out, 10).ended;
    expect(second.code).toBe(1);
    expect(second.stderr).toMatch(/the folder is in use by process \d+, since .*another folder \(--out\)/);
    first.interrupt("SIGKILL");
    await first.ended;
    expect((await training(out, 10).ended).code).toBe(0);
    expect(readdirSync(out)).not.toContain("training.lock");
  });

  it("goes on to its end, and saves, when nobody reads what it prints", async () => {
    const out = join(folder, "unread");
    const run = training(out, 40);
    await run.seen('"step":2,');
    run.closeOutput();
    expect((await run.ended).code).toBe(0);
    expect(readdirSync(join(out, "checkpoints"))).toEqual(["step-000040.safetensors"]);
    expect(readFileSync(join(out, "metrics.jsonl"), "utf8")).toContain("standard output is not taken any more (EPIPE)");
  });
});
