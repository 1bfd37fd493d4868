import { spawn, spawnSync } from "node:child_process";
import { chmodSync, existsSync, readdirSync, readFileSync, utimesSync, writeFileSync } from "node:fs";
import { findBrowser, type OpenPage, openPage } from "@lectern/autograd/testing/browser";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { MemoryStore, StoredFile } from "../../src/index.ts";
import { FolderStore } from "../../src/node.ts";
import { temporaryFolder } from "../helpers.ts";
import type { StorePage } from "./browser.page.ts";
import { contract } from "./contract.ts";

describe.each([
  ["in memory", () => new MemoryStore()],
  ["in a folder", () => new FolderStore(`${temporaryFolder()}/made/when/needed`)],
])("a store %s", (_, make) => {
  it.each(Object.entries(contract))("%s", (_, check) => check(make()));
});

describe("a store in a folder", () => {
  it("writes beside the file, and cleans up where writing fails", async () => {
    const folder = temporaryFolder();
    const file = new StoredFile(new FolderStore(folder), "model");
    const failing = file.write(async (append) => {
      await append("the first half");
      expect(existsSync(file.path)).toBe(false);
      expect(readdirSync(folder)).toHaveLength(1);
      throw new Error("something else went wrong");
    });
    await expect(failing).rejects.toThrow("something else went wrong");
    expect(readdirSync(folder)).toEqual([]);
  });

  it("names the file and the reason where the disk refuses, and that is not taken for a missing file", async () => {
    const folder = temporaryFolder();
    writeFileSync(`${folder}/file`, "");
    const store = new FolderStore(folder);
    const inTheWay = { message: `${folder}/file/x: a file is where a folder should be`, missing: false };
    await expect(store.writer("file/x")).rejects.toMatchObject({ name: "StoreError", missing: false });
    await expect(store.reader("file/x")).rejects.toMatchObject(inTheWay);
    if (process.getuid?.() === 0) return;
    chmodSync(folder, 0o000);
    const denied = { message: `${folder}: permission denied`, missing: false };
    await expect(store.list())
      .rejects.toMatchObject(denied)
      .finally(() => chmodSync(folder, 0o700));
  });
});

describe("a folder's lock", () => {
  /** A lock as another process would have left it. */
  function lockOf(changes: object) {
    const folder = temporaryFolder();
    const store = new FolderStore(folder);
    const write = async () => {
      const release = await store.lock("lock");
      const text = readFileSync(`${folder}/lock`, "utf8");
      await release();
      writeFileSync(`${folder}/lock`, JSON.stringify({ ...JSON.parse(text), ...changes }));
    };
    return { folder, store, write };
  }

  it("is held by one at a time, and leaves nothing behind", async () => {
    const { folder, store } = lockOf({});
    const release = await store.lock("lock");
    await expect(store.lock("lock")).rejects.toThrow(
      `${folder}: the folder is in use by another training of this process`,
    );
    await release();
    expect(readdirSync(folder)).toEqual([]);
    await (await store.lock("lock"))();
  });

  it("names a process that lives, and what to do", async () => {
    const child = spawn(process.execPath, ["-e", "setInterval(() => {}, 1000)"]);
    const { store, write } = lockOf({ pid: child.pid, started: undefined });
    await write();
    await expect(store.lock("lock")).rejects.toThrow(
      new RegExp(`in use by process ${child.pid}, since .*: stop it or wait for it, or train into another folder`),
    );
    child.kill("SIGKILL");
  });

  it("is taken over from a process that has ended", async () => {
    const { pid } = spawnSync(process.execPath, ["-e", ""]);
    const { folder, store, write } = lockOf({ pid });
    await write();
    await (await store.lock("lock"))();
    expect(readdirSync(folder)).toEqual([]);
  });

  it.skipIf(process.platform !== "linux")(
    "is taken over where another process got the number of the one that ended",
    async () => {
      const { store, write } = lockOf({ pid: process.ppid, started: "a boot long ago/1" });
      await write();
      await (await store.lock("lock"))();
    },
  );

  it("of another computer holds for as long as it shows that it lives", async () => {
    const { folder, store, write } = lockOf({ host: "elsewhere" });
    await write();
    await expect(store.lock("lock")).rejects.toThrow(/in use by process \d+ on elsewhere/);
    const longAgo = new Date(Date.now() - 3_600_000);
    utimesSync(`${folder}/lock`, longAgo, longAgo);
    await (await store.lock("lock"))();
  });

  it("goes to one alone of many that find it left behind", async () => {
    const { pid } = spawnSync(process.execPath, ["-e", ""]);
    const { store, write } = lockOf({ pid });
    await write();
    const tries = await Promise.allSettled(Array.from({ length: 20 }, () => store.lock("lock")));
    expect(tries.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
  });
});

describe("what is not yet whole in a folder", () => {
  it("has a name of its own for each writer of the same file", async () => {
    const folder = temporaryFolder();
    const writers = [await new FolderStore(folder).writer("x"), await new FolderStore(folder).writer("x")];
    expect(readdirSync(folder)).toHaveLength(2);
    for (const [i, writer] of writers.entries()) await writer.append(`written by ${i}`);
    for (const writer of writers) await writer.commit();
    expect(readdirSync(folder)).toEqual(["x"]);
    expect(readFileSync(`${folder}/x`, "utf8")).toBe("written by 1");
  });

  it("is removed when the process that wrote it has ended, and nothing else is", async () => {
    const folder = temporaryFolder();
    const store = new FolderStore(folder);
    const living = await store.writer("y");
    const [name] = readdirSync(folder);
    const { pid } = spawnSync(process.execPath, ["-e", ""]);
    writeFileSync(`${folder}/${name.replace(`-${process.pid}-`, `-${pid}-`)}`, "half");
    writeFileSync(`${folder}/notes.tmp`, "a user's own");
    await new StoredFile(store, "x").write("whole");
    expect(readdirSync(folder).sort()).toEqual(["notes.tmp", "x", name]);
    await living.abort();
  });
});

const browser = findBrowser();
if (browser === undefined) {
  console.log("stores in a browser: left out, as no Chromium was found here (CHROMIUM can name its path)");
  it.skip("a store in a browser");
} else {
  describe("a store in a browser", () => {
    let opened: OpenPage;
    beforeAll(async () => {
      opened = await openPage(browser, new URL("browser.page.ts", import.meta.url));
    });
    afterAll(() => opened?.close());

    it.each(Object.keys(contract))("%s", async (name) => {
      const error = await opened.page.evaluate((name) => (globalThis as unknown as StorePage).check(name), name);
      expect(error).toBeUndefined();
    });

    it("holds a run, which is gone on with to the bit and opened again", async () => {
      const found = await opened.page.evaluate(() => (globalThis as unknown as StorePage).trainAndResume());
      expect(found.files).toEqual(["checkpoints", "config.json", "metrics.jsonl", "tokenizer.json"]);
      expect(found.losses).toHaveLength(6);
      expect(found.losses).toEqual(found.uninterrupted);
      expect(found.again).toBe(true);
    });
  });
}
