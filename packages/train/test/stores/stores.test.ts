import { chmodSync, existsSync, readdirSync, writeFileSync } from "node:fs";
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
