import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { create } from "tar";
import { describe, expect, it } from "vitest";
import { fileSource } from "../src/files.ts";
import { host as page } from "../src/host/browser.ts";
import { host as node } from "../src/host/node.ts";
import { memorySource } from "../src/index.ts";
import { randomBytes, temporaryFile, temporaryFolder, zipOf } from "./support.ts";

/** A tar archive of some files, and of others that are not asked for. */
async function archive(gzip: boolean): Promise<string> {
  const files = { "a/1.txt": "one", "a/2.txt": "two ".repeat(1000), "a/3.bin": "none", "b.txt": "" };
  const folder = await temporaryFolder(files);
  await create({ gzip, cwd: folder, file: join(folder, "all.tar") }, ["a", "b.txt"]);
  return join(folder, "all.tar");
}

const inOrder = (files: { path: string; bytes: Uint8Array }[]) =>
  files.map(({ path, bytes }) => [path, Buffer.from(bytes).toString()]).sort();

describe("an archive in memory, as a page has it", () => {
  it.each([true, false])("gives the files that Node reads from the disk: tar, compressed %s", async (gzip) => {
    const path = await archive(gzip);
    const found = await page.fromTar(memorySource("all.tar", await readFile(path)), /\.txt$/);
    expect(inOrder(found)).toEqual(inOrder(await node.fromTar(fileSource(path), /\.txt$/)));
    expect(found).toHaveLength(3);
  });

  it("gives the file inside a zip that Node reads from the disk", async () => {
    const content = randomBytes(50_000, "zip");
    const zip = zipOf("enwik8", content);
    expect(content.equals(await page.fromZip(memorySource("a.zip", zip), "enwik8"))).toBe(true);
    expect(content.equals(await node.fromZip(fileSource(await temporaryFile("a.zip", zip)), "enwik8"))).toBe(true);
    await expect(page.fromZip(memorySource("a.zip", zip), "text8")).rejects.toThrow(
      "a.zip is no whole zip archive (it holds no text8); delete it and fetch it again",
    );
  });

  it("is refused where it is cut short", async () => {
    const [tar, zip] = [await readFile(await archive(true)), zipOf("enwik8", randomBytes(50_000, "zip"))];
    for (const share of [0.3, 0.6, 0.9, 0.99]) {
      const cut = (bytes: Uint8Array) => bytes.subarray(0, Math.floor(bytes.length * share));
      await expect(page.fromTar(memorySource("a.tar", cut(tar)), /./), `${share}`).rejects.toThrow(
        "no whole tar archive",
      );
      await expect(page.fromZip(memorySource("a.zip", cut(zip)), "enwik8")).rejects.toThrow("no whole zip archive");
    }
  });
});
