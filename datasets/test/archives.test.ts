import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { create } from "tar";
import { describe, expect, it } from "vitest";
import { fileSource } from "../src/files.ts";
import { host as page } from "../src/host/browser.ts";
import { host as node } from "../src/host/node.ts";
import { memorySource } from "../src/index.ts";
import { untar, unzip } from "../src/readers/archives.ts";
import { readFromTar } from "../src/readers/tar.ts";
import { readFromZip } from "../src/readers/zip.ts";
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

  it("is refused where it unpacks to more than it may, before it does", async () => {
    const zeros = Buffer.alloc(5_000_000);
    const folder = await temporaryFolder({ "a/1.txt": zeros, "a/2.txt": "small" });
    await create({ gzip: true, cwd: folder, file: join(folder, "bomb.tar") }, ["a"]);
    const zip = zipOf("enwik8", zeros);
    const [tarBytes, limits] = [await readFile(join(folder, "bomb.tar")), { bytes: 1_000_000, files: 10 }];
    expect(tarBytes.length).toBeLessThan(20_000);
    const message = /it unpacks to more than 1000000 bytes or 10 files/;
    await expect(readFromTar(join(folder, "bomb.tar"), /\.txt$/, limits)).rejects.toThrow(message);
    await expect(untar(memorySource("bomb.tar", tarBytes), /\.txt$/, limits)).rejects.toThrow(message);
    await expect(readFromZip(await temporaryFile("a.zip", zip), "enwik8", limits)).rejects.toThrow(message);
    await expect(unzip(memorySource("a.zip", zip), "enwik8", limits)).rejects.toThrow(message);
    const few = { bytes: 1e9, files: 1 };
    await expect(readFromTar(join(folder, "bomb.tar"), /\.txt$/, few)).rejects.toThrow(/or 1 files/);
  });

  it("unpacks to no more than it says", async () => {
    const content = Buffer.alloc(100_000);
    const zip = zipOf("enwik8", content);
    const said = Buffer.alloc(4);
    said.writeUInt32LE(content.length);
    for (let at = zip.indexOf(said); at >= 0; at = zip.indexOf(said, at + 1)) zip.writeUInt32LE(10, at);
    await expect(readFromZip(await temporaryFile("a.zip", zip), "enwik8")).rejects.toThrow("no whole zip archive");
    expect(await unzip(memorySource("a.zip", zip), "enwik8")).toHaveLength(10);
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
