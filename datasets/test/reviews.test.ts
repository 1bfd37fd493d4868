import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { create } from "tar";
import { describe, expect, it } from "vitest";
import { findDataset, type LabelledCorpus, loadLabelled } from "../src/index.ts";
import { loadLabelledEntry } from "../src/load.ts";
import { serve, sha256, temporaryFile, temporaryFolder } from "./support.ts";

/** A small aclImdb: 6 reviews a class to train on, 3 to test on, and files that are none of our business. */
function reviews(): Record<string, string> {
  const files: Record<string, string> = {
    "aclImdb/README": "about",
    "aclImdb/train/unsup/0_0.txt": "no label",
    "aclImdb/train/urls_pos.txt": "http://example.org",
  };
  for (const [part, count] of [
    ["train", 6],
    ["test", 3],
  ] as const) {
    for (let i = 0; i < count; i++) {
      files[`aclImdb/${part}/pos/${i}_9.txt`] = `${part} good ${i}`;
      files[`aclImdb/${part}/neg/${i}_2.txt`] = `${part} bad ${i}`;
    }
  }
  return files;
}

async function archiveOf(files: Record<string, string | Uint8Array>): Promise<string> {
  const folder = await temporaryFolder(files);
  const file = join(folder, "reviews.tar.gz");
  await create({ gzip: true, cwd: folder, file }, [...new Set(Object.keys(files).map((name) => name.split("/")[0]))]);
  return file;
}

/** What a part of the corpus holds, whatever its order. */
const contents = (corpus: LabelledCorpus, part: "train" | "validation" | "test") =>
  corpus[part]?.map(({ text, label }) => `${text}: ${corpus.labels[label]}`).sort();

const expected = (part: string, count: number) => [
  ...Array.from({ length: count }, (_, i) => `${part} bad ${i}: neg`),
  ...Array.from({ length: count }, (_, i) => `${part} good ${i}: pos`),
];

describe("movie reviews in aclImdb's layout", () => {
  it("come out of the folder with the classes of their folders, test for validation", async () => {
    const corpus = await loadLabelled(join(await temporaryFolder(reviews()), "aclImdb"));
    expect(corpus.labels).toEqual(["neg", "pos"]);
    expect(contents(corpus, "train")).toEqual(expected("train", 6));
    expect(contents(corpus, "validation")).toEqual(expected("test", 3));
    expect(corpus.test).toBeUndefined();
  });

  it("come out of the archive in the same order as out of the folder", async () => {
    const archive = await loadLabelled(await archiveOf(reviews()));
    const folder = await loadLabelled(await temporaryFolder(reviews()));
    expect({ ...archive, name: "" }).toEqual({ ...folder, name: "" });
  });

  it("are mixed, by the seed alone", async () => {
    const folder = await temporaryFolder(reviews());
    const order = async (seed?: number) => (await loadLabelled(folder, { seed })).train.map(({ text }) => text);
    expect(await order(1)).toEqual(await order(1));
    expect(await order(1)).not.toEqual(await order(2));
    expect(await order()).not.toEqual([...(await order())].sort());
  });

  it("leave the test part alone when validation is held out of the train part", async () => {
    const corpus = await loadLabelled(await temporaryFolder(reviews()), { validationRows: 4 });
    expect([corpus.train.length, corpus.validation.length]).toEqual([8, 4]);
    expect([...(contents(corpus, "train") ?? []), ...(contents(corpus, "validation") ?? [])].sort()).toEqual(
      expected("train", 6),
    );
    expect(contents(corpus, "test")).toEqual(expected("test", 3));
  });

  it("hold out a fifth where there is no test part", async () => {
    const files = Object.fromEntries(Object.entries(reviews()).filter(([name]) => !name.includes("/test/")));
    const corpus = await loadLabelled(await temporaryFolder(files));
    expect([corpus.train.length, corpus.validation.length]).toEqual([10, 2]);
  });

  it("are not what macOS puts beside them on other disks", async () => {
    const beside = { "aclImdb/train/pos/._0_9.txt": "\0\u0005\u0016\u0007\0\u0002\0\0Mac OS X" };
    const folder = await loadLabelled(await temporaryFolder({ ...reviews(), ...beside }));
    expect(contents(folder, "train")).toEqual(expected("train", 6));
    const archive = await loadLabelled(await archiveOf({ ...reviews(), ...beside }));
    expect(contents(archive, "train")).toEqual(expected("train", 6));
  });

  it("are downloaded once, and read out of the cache from then on", async () => {
    const bytes = await readFile(await archiveOf(reviews()));
    const { url, ranges } = await serve(bytes);
    const cacheFolder = await temporaryFolder();
    const entry = { ...findDataset("imdb"), url, size: bytes.length, checksum: sha256(bytes) };
    const first = await loadLabelledEntry(entry, { cacheFolder });
    expect(contents(first, "train")).toEqual(expected("train", 6));
    expect(await loadLabelledEntry(entry, { cacheFolder })).toEqual(first);
    expect(ranges).toHaveLength(1);
  });

  it("are downloaded again when the file in the cache is damaged", async () => {
    const bytes = await readFile(await archiveOf(reviews()));
    const { url, ranges } = await serve(bytes);
    const cacheFolder = await temporaryFolder({ "imdb/data.bin": bytes.map((byte) => byte ^ 1) });
    const entry = { ...findDataset("imdb"), url, size: bytes.length, checksum: sha256(bytes) };
    expect(contents(await loadLabelledEntry(entry, { cacheFolder }), "validation")).toEqual(expected("test", 3));
    expect(ranges).toHaveLength(1);
  });
});

describe("reviews that cannot be used are refused with what to do:", () => {
  it("a folder without pos and neg", async () => {
    const folder = await temporaryFolder({ "a.txt": "text" });
    await expect(loadLabelled(folder)).rejects.toThrow(
      /holds no reviews in train\/pos; a folder or archive needs train\/pos\/\*\.txt and train\/neg\/\*\.txt/,
    );
  });

  it("a folder with one class only", async () => {
    const folder = await temporaryFolder({ "train/pos/0_9.txt": "good" });
    await expect(loadLabelled(folder)).rejects.toThrow("holds no reviews in train/neg");
  });

  it("an archive without reviews", async () => {
    const archive = await archiveOf({ "notes/a.txt": "text" });
    await expect(loadLabelled(archive)).rejects.toThrow("holds no reviews in train/pos");
  });

  it("an archive cut short, wherever it is cut", async () => {
    const archive = await archiveOf(reviews());
    const whole = await readFile(archive);
    for (const share of [0.05, 0.3, 0.6, 0.9, 0.99]) {
      await writeFile(archive, whole.subarray(0, Math.floor(whole.length * share)));
      await expect(loadLabelled(archive), `${share}`).rejects.toThrow(/no whole tar archive .* fetch it again/);
    }
  });

  it("an archive with a damaged byte, wherever it is", async () => {
    const archive = await archiveOf(reviews());
    const whole = await readFile(archive);
    for (let at = 20; at < whole.length; at += 37) {
      const damaged = Buffer.from(whole);
      damaged[at] ^= 0x55;
      await writeFile(archive, damaged);
      await expect(loadLabelled(archive), `byte ${at} of ${whole.length}`).rejects.toThrow(/tar archive/);
    }
  });

  it("a file that is no archive at all", async () => {
    const path = await temporaryFile("reviews.tar.gz", "<html>please log in</html>");
    await expect(loadLabelled(path)).rejects.toThrow(/no whole tar archive .*; delete it and fetch it again/);
  });

  it("a review that is not UTF-8", async () => {
    const folder = await temporaryFolder({ ...reviews(), "aclImdb/train/pos/7_9.txt": Buffer.from([0x61, 0xff]) });
    await expect(loadLabelled(folder)).rejects.toThrow(/train\/pos\/7_9\.txt is not UTF-8: byte 1 does not fit/);
  });

  it("an empty review", async () => {
    const folder = await temporaryFolder({ ...reviews(), "aclImdb/train/pos/7_9.txt": "" });
    await expect(loadLabelled(folder)).rejects.toThrow("train/pos/7_9.txt is empty");
  });
});
