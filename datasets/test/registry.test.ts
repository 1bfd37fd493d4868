import { existsSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { cachePath, defaultCacheFolder } from "../src/cache.ts";
import { findDataset, type LabelledCorpus, listDatasets, loadLabelled, loadText } from "../src/index.ts";
import { fetchDataset, isAvailable } from "../src/node.ts";
import { temporaryFolder } from "./support.ts";

describe("the list of data sets", () => {
  it("has an offline one for every task", () => {
    const offline = listDatasets().filter((entry) => entry.offline);
    const found = offline.map((entry) => [entry.name, entry.task]);
    expect(found).toContainEqual(["moby-dick", "characters"]);
    expect(found).toContainEqual(["names", "classification"]);
    expect(found).toContainEqual(["digits", "images"]);
  });

  it("says of every one what it is, whose, and how it is read", () => {
    for (const entry of listDatasets()) {
      expect(entry.name).toMatch(/^[a-z0-9-]+$/);
      expect(entry.title && entry.licence).toBeTruthy();
      // What the project makes itself has its source in the repository.
      const isOwn = existsSync(new URL(`../../${entry.source}`, import.meta.url));
      expect(isOwn || new URL(entry.source).protocol).toBeOneOf([true, "https:"]);
      const { readText: characters, readLabelled: classification, readPairs: pairs, readImages: images } = entry;
      expect({ characters, classification, pairs, images }[entry.task]).toBeDefined();
    }
  });

  it("has a size and a checksum for whatever is downloaded", () => {
    for (const entry of listDatasets().filter((each) => !each.offline)) {
      expect(entry.url).toMatch(/^(https:\/\/|npm:[@\w/-]+@\d+\.\d+\.\d+$)/);
      expect(entry.size).toBeGreaterThan(0);
      expect(entry.checksum).toMatch(/^sha256:[0-9a-f]{64}$/);
    }
  });

  it.each([
    ["moby-dik", 'no data set is called "moby-dik"; did you mean "moby-dick"? (known are moby-dick, '],
    ["IMDB", 'did you mean "imdb"?'],
    ["shakespeare", 'did you mean "tiny-shakespeare"?'],
    ["mnist", 'no data set is called "mnist"; known are moby-dick, '],
  ])("answers %s with the nearest name, if any is near", (name, message) => {
    expect(() => findDataset(name)).toThrow(message);
  });

  it("answers so wherever a name is given", async () => {
    await expect(fetchDataset("enwik9")).rejects.toThrow('did you mean "enwik8"?');
    await expect(loadText("enwik9")).rejects.toThrow('did you mean "enwik8"?');
    await expect(loadLabelled("name")).rejects.toThrow('did you mean "names"?');
  });
});

describe("the cache folder", () => {
  const folder = (platform: string, env: Record<string, string>) =>
    defaultCacheFolder({ platform, env, home: join("/home", "ada") });

  it("is where the system keeps caches, unless LECTERN_CACHE says otherwise", () => {
    expect(folder("linux", {})).toBe(join("/home/ada/.cache/lectern"));
    expect(folder("linux", { XDG_CACHE_HOME: "/scratch" })).toBe(join("/scratch/lectern"));
    expect(folder("darwin", {})).toBe(join("/home/ada/Library/Caches/lectern"));
    expect(folder("win32", { LOCALAPPDATA: "/local" })).toBe(join("/local/lectern/cache"));
    for (const platform of ["linux", "darwin", "win32"]) {
      expect(folder(platform, { LECTERN_CACHE: "/data/lectern", XDG_CACHE_HOME: "/scratch" })).toBe("/data/lectern");
    }
  });

  it("holds a file under its data set's name", () => {
    expect(cachePath(findDataset("imdb"), "cache")).toBe(join("cache", "imdb", "aclImdb_v1.tar.gz"));
    expect(cachePath(findDataset("names"), "cache")).toBeUndefined();
  });

  it("says what can be read without the network", async () => {
    const cacheFolder = await temporaryFolder({ "tiny-shakespeare/input.txt": "cut short" });
    expect(isAvailable("moby-dick", { cacheFolder })).toBe(true);
    expect(isAvailable("imdb", { cacheFolder })).toBe(false);
    expect(isAvailable("tiny-shakespeare", { cacheFolder })).toBe(false);
  });

  it("is not needed for what comes with a package", async () => {
    expect(await fetchDataset("moby-dick")).toBeUndefined();
  });
});

describe("first names", () => {
  const all = (corpus: LabelledCorpus) => [...corpus.train, ...corpus.validation];

  it("stand in one list each, female or male", async () => {
    const corpus = await loadLabelled("names");
    expect(corpus.labels).toEqual(["female", "male"]);
    const texts = all(corpus).map((example) => example.text);
    expect(new Set(texts).size).toBe(texts.length);
    const labelOf = new Map(all(corpus).map((example) => [example.text, corpus.labels[example.label]]));
    expect([labelOf.get("Abigail"), labelOf.get("Aaron"), labelOf.get("Robin")]).toEqual(["female", "male", undefined]);
  });

  it("hold out a fifth in which both classes stand as in the rest", async () => {
    const { train, validation } = await loadLabelled("names");
    expect(validation).toHaveLength(Math.floor((train.length + validation.length) / 5));
    const male = (examples: typeof train) => examples.filter((example) => example.label === 1).length / examples.length;
    expect(Math.abs(male(train) - male(validation))).toBeLessThan(0.05);
  });

  it("are split by the seed alone", async () => {
    const names = async (seed?: number) => (await loadLabelled("names", { seed })).validation;
    expect(await names()).toEqual(await names(0));
    expect(await names(1)).not.toEqual(await names(0));
  });

  it("are no use where plain text is asked to be classified", async () => {
    await expect(loadLabelled("moby-dick")).rejects.toThrow(/for a classifier, take one of .*names.*, or a file/);
  });
});
