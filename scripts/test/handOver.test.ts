import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it } from "vitest";

const MODULE = new URL("../handOver.mjs", import.meta.url).href;

interface Launched {
  readonly launcher: ChildProcess & { readonly pid: number };
  /** Resolves when the program has said the word. */
  said(word: string): Promise<void>;
  /** What was said in all, and how the launcher ended. */
  readonly ended: Promise<{ code: number | null; signal: string | null; words: string[] }>;
}

/** A launcher that leads a process group, as a shell would start it, and hands over to Node with a program of one line. */
function launch(program: string): Launched {
  const script = `import { handOver } from "${MODULE}"; handOver(process.execPath, ["-e", process.argv[1]]);`;
  const launcher = spawn(process.execPath, ["--input-type=module", "-e", script, program], {
    detached: true,
    stdio: ["pipe", "pipe", "inherit"],
  });
  let text = "";
  launcher.stdout.setEncoding("utf8").on("data", (part: string) => {
    text += part;
  });
  return {
    launcher: launcher as Launched["launcher"],
    said: async (word) => {
      while (!text.includes(word)) await once(launcher.stdout, "data");
    },
    ended: once(launcher, "close").then(([code, signal]) => ({ code, signal, words: text.trim().split("\n") })),
  };
}

/** Says which signals it gets, and ends some time after the first one with code 130, as if it had saved something. */
const COUNTS = `
  for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => {
    console.log(signal);
    setTimeout(() => process.exit(130), 300);
  });
  setInterval(() => {}, 1000);
  console.log("ready");`;

/** Knows no signals. */
const WAITS = `setInterval(() => {}, 1000); console.log("ready");`;

describe.skipIf(process.platform === "win32")("handing over to another program", () => {
  it.each([0, 7])("ends with its exit code, %i", async (wanted) => {
    expect(await launch(`process.exit(${wanted})`).ended).toMatchObject({ code: wanted, signal: null });
  });

  it("gives it the standard input", async () => {
    const { launcher, ended } = launch("process.stdin.pipe(process.stdout)");
    launcher.stdin?.end("some words");
    expect((await ended).words).toEqual(["some words"]);
  });

  it.each(["SIGINT", "SIGTERM"] as const)("passes on %s, which was sent to itself alone", async (signal) => {
    const { launcher, said, ended } = launch(COUNTS);
    await said("ready");
    launcher.kill(signal);
    expect(await ended).toEqual({ code: 130, signal: null, words: ["ready", signal] });
  });

  it.each(["SIGINT", "SIGTERM"] as const)("lets %s count once, which was sent to the whole group", async (signal) => {
    const { launcher, said, ended } = launch(COUNTS);
    await said("ready");
    process.kill(-launcher.pid, signal);
    expect(await ended).toEqual({ code: 130, signal: null, words: ["ready", signal] });
  });

  it("takes two copies of a signal for one, and a later one for another", async () => {
    const { launcher, said, ended } = launch(`
      let count = 0;
      process.on("SIGINT", () => console.log("count", ++count));
      process.on("SIGTERM", () => process.exit());
      ${WAITS}`);
    await said("ready");
    process.kill(-launcher.pid, "SIGINT");
    await sleep(10);
    launcher.kill("SIGINT");
    await sleep(500);
    launcher.kill("SIGINT");
    await said("count 2");
    await sleep(300);
    launcher.kill("SIGTERM");
    expect((await ended).words).toEqual(["ready", "count 1", "count 2"]);
  });

  it.each(["SIGINT", "SIGTERM"] as const)("ends by %s, as a program did that does not know it", async (signal) => {
    const { launcher, said, ended } = launch(WAITS);
    await said("ready");
    launcher.kill(signal);
    expect(await ended).toMatchObject({ code: null, signal });
  });

  it("leaves nothing behind when it is killed", async () => {
    const { launcher, said, ended } = launch(
      `import("${MODULE}").then((module) => { module.endWithLauncher(); ${WAITS} });`,
    );
    await said("ready");
    launcher.kill("SIGKILL");
    // The program holds the same pipe: it is closed when both have ended.
    expect(await ended).toMatchObject({ signal: "SIGKILL" });
  });

  it("says so where the program is not there", async () => {
    const script = `import { handOver } from "${MODULE}"; handOver("/no/such/node", []);`;
    const launcher = spawn(process.execPath, ["--input-type=module", "-e", script], {
      stdio: ["ignore", "ignore", "pipe"],
    });
    let text = "";
    launcher.stderr.setEncoding("utf8").on("data", (part: string) => {
      text += part;
    });
    const [code] = await once(launcher, "close");
    expect(code).toBe(1);
    expect(text).toMatch(/^lectern: \/no\/such\/node does not start .*npm start.*\n$/);
  });
});
