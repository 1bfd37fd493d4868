import { mkdir, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { pinnedVersion } from "../node.mjs";
import { judgeClock, judgeMemory, judgeNode, judgeSpace, network, writing } from "../src/commands/doctor.ts";
import { type Event, eventsOf, lectern } from "./command.ts";

let folder = "";
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "lectern doctor "));
});
afterAll(() => rm(folder, { recursive: true, force: true }));
afterEach(() => vi.unstubAllEnvs());

/** What the real program finds in a folder, by what it looked at, with its exit code. */
async function examine(cwd: string): Promise<{ code: number | null; done?: Event; found: Record<string, Event> }> {
  const outcome = await lectern(["doctor", "--json"], cwd);
  const events = eventsOf(outcome);
  const checks = events.filter(({ event }) => event === "check");
  return {
    code: outcome.code,
    done: events.at(-1),
    found: Object.fromEntries(checks.map((event) => [event.check, event])),
  };
}

describe("lectern doctor", () => {
  it("looks at everything, and leaves nothing behind", async () => {
    const { code, done, found } = await examine(folder);
    expect(Object.keys(found)).toEqual([
      ...["Node", "memory", "threads", "SIMD", "BLAS", "GPU"],
      ...["disk", "runs", "downloads", "network", "clock"],
    ]);
    const problems = Object.values(found).filter(({ state }) => state === "problem").length;
    expect(done).toMatchObject({ event: "done", problems });
    expect(code).toBe(problems > 0 ? 1 : 0);
    expect(found.runs.state).not.toBe("problem");
    expect(await readdir(folder)).toEqual([]);
  });

  it("tells people in lines what to do", async () => {
    vi.stubEnv("LECTERN_BLAS", "off");
    const { stdout } = await lectern(["doctor"], folder);
    expect(stdout).toMatch(/^note +BLAS +none: LECTERN_BLAS is off\n +-> unset LECTERN_BLAS/m);
    expect(stdout).toMatch(/\d+ ok, \d+ to note, \d+ problems?\n$/);
  });

  it("finds a file in the place of runs/ and of the downloads' folder, and ends with 1", async () => {
    const spoilt = join(folder, "spoilt");
    await mkdir(spoilt);
    await writeFile(join(spoilt, "runs"), "a file");
    vi.stubEnv("LECTERN_CACHE", join(spoilt, "runs", "cache"));
    const { code, done, found } = await examine(spoilt);
    const isFile = `${join(spoilt, "runs")} is a file, where there has to be a folder`;
    expect(found.runs).toMatchObject({ state: "problem", found: isFile, advice: expect.stringContaining("--out") });
    expect(found.downloads).toMatchObject({ state: "problem", found: isFile });
    expect(found.downloads.advice).toContain("LECTERN_CACHE");
    expect(done).toMatchObject({ event: "done" });
    expect(code).toBe(1);
  });

  it("notes what was switched off by hand", async () => {
    vi.stubEnv("LECTERN_BLAS", "off");
    vi.stubEnv("LECTERN_THREADS", "1");
    vi.stubEnv("LECTERN_SIMD", "plain");
    const { found } = await examine(folder);
    expect(found.BLAS).toMatchObject({ state: "note", found: "none: LECTERN_BLAS is off" });
    expect(found.SIMD).toMatchObject({ state: "note", found: expect.stringContaining("as LECTERN_SIMD is plain") });
    expect(found.threads.found).toMatch(/^the cpu device uses 1 of \d+ processors/);
  });

  it("calls a setting that cannot be a problem, and a library that was named and is not there", async () => {
    vi.stubEnv("LECTERN_BLAS", join(folder, "libnothing.so"));
    const named = await examine(folder);
    expect(named.found.BLAS).toMatchObject({ state: "problem", found: expect.stringContaining("libnothing.so") });
    expect(named.code).toBe(1);
    vi.stubEnv("LECTERN_BLAS", "off");
    vi.stubEnv("LECTERN_THREADS", "many");
    const { code, found } = await examine(folder);
    expect(found.threads).toMatchObject({
      state: "problem",
      found: expect.stringContaining("LECTERN_THREADS is many"),
    });
    expect(code).toBe(1);
  });
});

describe("what is found", () => {
  it("of Node: the pinned one is right, another one is noted, an old one is a problem", () => {
    expect(judgeNode(pinnedVersion ?? "").state).toBe("ok");
    expect(judgeNode("99.0.0")).toMatchObject({
      state: "note",
      found: `99.0.0; Lectern is tested with ${pinnedVersion}`,
    });
    expect(judgeNode("20.19.0")).toMatchObject({ state: "problem" });
  });

  it("of memory: what is free counts, and a container's limit is named", () => {
    expect(judgeMemory({ total: 16e9, free: 8e9 })).toEqual({ state: "ok", found: "8.0 GB free of 16.0 GB" });
    const limited = judgeMemory({ total: 16e9, free: 1e9, limit: 1.5e9 });
    expect(limited).toMatchObject({ state: "note", found: expect.stringContaining("limited to 1.5 GB") });
    expect(limited.advice).toContain("higher limit");
    expect(judgeMemory({ total: 16e9, free: 0.1e9 })).toMatchObject({ state: "problem" });
  });

  it("of the disk: room for a few checkpoints has to be there", () => {
    expect(judgeSpace(50e9, "runs").state).toBe("ok");
    expect(judgeSpace(1e9, "runs")).toMatchObject({ state: "note", advice: expect.stringContaining("old runs") });
    expect(judgeSpace(0, "runs").state).toBe("problem");
  });

  it("of a folder: one without permission is a problem, a slow one is noted", async () => {
    const refuses = () => Promise.reject(new Error("EACCES: permission denied"));
    expect(await writing(folder, "go elsewhere", refuses)).toEqual({
      state: "problem",
      found: `${folder} cannot be written (EACCES: permission denied)`,
      advice: "go elsewhere",
    });
    const slow = await writing(folder, "go elsewhere", async () => 1e6);
    expect(slow).toMatchObject({ state: "note", found: `${folder} can be written, 1.0 MB a second` });
    const missing = join(folder, "not", "there");
    const seen: string[] = [];
    await writing(missing, "", async (where) => seen.push(where) * 1e9);
    expect(seen).toEqual([folder]);
  });

  it("of the clock: before the newest change, or decades behind it, it is wrong", () => {
    const newest = new Date("2026-06-01T12:00:00Z");
    expect(judgeClock(new Date("2026-06-01T11:00:00Z"), newest).state).toBe("ok");
    expect(judgeClock(new Date("2027-06-01T12:00:00Z"), newest).state).toBe("ok");
    expect(judgeClock(new Date("1970-01-01T00:00:00Z"), newest)).toMatchObject({
      state: "problem",
      found: "it says 1970-01-01 00:00 UTC, and Lectern was last changed on 2026-06-01",
    });
    expect(judgeClock(new Date("2099-01-01T00:00:00Z"), newest).state).toBe("problem");
  });
});

describe("of the network", () => {
  const methods = new Set<string | undefined>();
  let server: Server;
  let base = "";
  beforeAll(async () => {
    server = createServer((request, response) => {
      methods.add(request.method);
      if (request.url === "/slow") return;
      response.writeHead(request.url === "/gone" ? 404 : 200).end();
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  afterAll(() => {
    server.closeAllConnections();
    server.close();
  });

  it("only the heads are asked for", async () => {
    expect(await network([`${base}/a`, `${base}/b`])).toEqual({
      state: "ok",
      found: "all 2 downloads can be reached",
    });
    expect([...methods]).toEqual(["HEAD"]);
  });

  it("what does not answer, or refuses, is noted and is no problem", async () => {
    const finding = await network([`${base}/a`, `${base}/slow`, `${base}/gone`, "http://127.0.0.1:1/"], 500);
    expect(finding.state).toBe("note");
    const host = base.slice("http://".length);
    expect(finding.found).toContain(`3 of 4 downloads cannot be reached: ${host} does not answer`);
    expect(finding.found).toContain(`${host} answers with status 404; 127.0.0.1:1 (`);
    expect(finding.advice).toContain("train on moby-dick or names");
  });
});
