import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { fileSource } from "../src/files.ts";
import { findDataset, loadText, memorySource, type Source } from "../src/index.ts";
import { loadTextEntry } from "../src/load.ts";
import { readEnwik8 } from "../src/readers/enwik8.ts";
import { readFromZip } from "../src/readers/zip.ts";
import { inCyrillic, randomBytes, serve, sha256, temporaryFile, temporaryFolder, zipOf } from "./support.ts";

describe("a text file", () => {
  it("is validated on its last tenth", async () => {
    const corpus = await loadText(await temporaryFile("story.txt", "0123456789".repeat(10)));
    expect(corpus).toEqual({
      name: "story.txt",
      train: "0123456789".repeat(9),
      validation: "0123456789",
    });
  });

  it("is validated on the share asked for", async () => {
    const path = await temporaryFile("story.txt", "0123456789");
    expect((await loadText(path, { validationShare: 0.3 })).validation).toBe("789");
    expect(await loadText(path, { validationShare: 0 })).toMatchObject({ train: "0123456789", validation: "" });
  });

  it("is not cut inside a character", async () => {
    const { train, validation } = await loadText(await temporaryFile("faces.txt", "😀".repeat(5)), {
      validationShare: 0.5,
    });
    expect([train, validation]).toEqual(["😀😀😀", "😀😀"]);
  });

  it("is not cut inside an emoji of several code points", async () => {
    const family = "👩‍👩‍👧";
    const { train, validation } = await loadText(memorySource("a.txt", `ab${family.repeat(4)}`), {
      validationShare: 0.4,
    });
    expect([train, validation]).toEqual([`ab${family.repeat(3)}`, family]);
  });

  it("comes from wherever: a path, a file that a page was given, or memory", async () => {
    const text = "0123456789";
    const read = async (from: string | Source) => (await loadText(from)).train;
    const file = { name: "a.txt", bytes: async () => Buffer.from(text) };
    expect(
      await Promise.all([read(await temporaryFile("a.txt", text)), read(file), read(memorySource("a.txt", text))]),
    ).toEqual(["012345678", "012345678", "012345678"]);
  });

  it("is UTF-16 where a mark says so", async () => {
    for (const bytes of [Buffer.from("\uFEFFhello", "utf16le"), Buffer.from("\uFEFFhello", "utf16le").swap16()]) {
      expect((await loadText(memorySource("a.txt", bytes), { validationShare: 0 })).train).toBe("hello");
    }
  });

  it("loses its byte order mark and nothing else", async () => {
    const { train } = await loadText(await temporaryFile("a.txt", "\uFEFFä\r\n\u0000\uFFFD"), { validationShare: 0 });
    expect(train).toBe("ä\r\n\u0000\uFFFD");
  });
});

describe("a text that cannot be used is refused with what to do:", () => {
  it.each([
    ["a lone continuation byte", [0x61, 0x80], 1],
    ["a sequence cut short at the end", [0x61, 0x62, 0xe2, 0x82], 2],
    ["a good replacement character before a bad byte", [0xef, 0xbf, 0xbd, 0xff], 3],
    ["a byte order mark before a bad byte", [0xef, 0xbb, 0xbf, 0x61, 0xc0], 4],
  ])("%s", async (_, bytes, offset) => {
    const path = await temporaryFile("a.txt", Uint8Array.from(bytes));
    await expect(loadText(path)).rejects.toThrow(`a.txt is not UTF-8: byte ${offset} does not fit; save it as UTF-8`);
  });

  const russian = "Мороз и солнце; день чудесный! Ещё ты дремлешь, друг прелестный. ".repeat(5);
  it.each([
    ["Windows-1251", "windows-1251", inCyrillic(russian, "windows-1251")],
    ["KOI8-R", "koi8-r", inCyrillic(russian, "koi8-r")],
    ["Russian UTF-16 without a mark", "utf-16le", Buffer.from(russian, "utf16le")],
    ["English UTF-16 without a mark", "utf-16le", Buffer.from("The quick brown fox.\n".repeat(3), "utf16le")],
    ["UTF-16 the other way round", "utf-16be", Buffer.from("The quick brown fox.\n", "utf16le").swap16()],
  ])("%s, by its name, with which it is read", async (_, encoding, bytes) => {
    const path = await temporaryFile("a.txt", bytes);
    await expect(loadText(path)).rejects.toThrow(
      new RegExp(`a\\.txt is not UTF-8.*; it looks like ${encoding} \\("(Мороз|The quick).*--encoding ${encoding}`),
    );
    const { train } = await loadText(path, { encoding, validationShare: 0 });
    expect(train).toMatch(/^(Мороз и солнце;|The quick brown fox\.)/);
  });

  it.each(["windows-1251", "koi8-r"] as const)(
    "a small table of few words in %s, which none is telling of",
    async (encoding) => {
      const rows = Array.from(
        { length: 40 },
        (_, i) => `${i % 2 ? "хороший добрый" : "плохой скучный"} фильм ${i},${i % 2}`,
      );
      const path = await temporaryFile("a.csv", inCyrillic(`text,label\n${rows.join("\n")}\n`, encoding));
      await expect(loadText(path)).rejects.toThrow(`it looks like ${encoding} ("text,label плохой`);
    },
  );

  it("an encoding that there is not, or that does not fit", async () => {
    const path = await temporaryFile("a.txt", "text");
    await expect(loadText(path, { encoding: "klingon" })).rejects.toThrow(
      'no encoding called "klingon"; there are utf-8,',
    );
    const odd = await temporaryFile("a.txt", Buffer.from([0x61]));
    await expect(loadText(odd, { encoding: "utf-16le" })).rejects.toThrow("a.txt is not utf-16le: some of its bytes");
  });

  it("an empty file", async () => {
    await expect(loadText(await temporaryFile("a.txt", ""))).rejects.toThrow(/a\.txt is empty/);
  });

  it("a text too short to split", async () => {
    await expect(loadText(await temporaryFile("a.txt", "x"))).rejects.toThrow("a text of 1 characters is too short");
  });

  it("a folder", async () => {
    await expect(loadText(await temporaryFolder())).rejects.toThrow(/is a folder; .* one text file/);
  });

  it("a path that leads nowhere", async () => {
    await expect(loadText("nowhere/a.txt")).rejects.toThrow(
      '"nowhere/a.txt" is neither a known data set nor a file; check the path',
    );
  });
});

describe("texts with a name", () => {
  it("has all of Moby-Dick from Ishmael to the epilogue, with headings", async () => {
    const { train, validation } = await loadText("moby-dick");
    expect(train).toContain("CHAPTER 1. Loomings.\n\nCall me Ishmael. Some years ago");
    expect(validation).toContain("CHAPTER 135. The Chase.—Third Day.\n\n");
    expect(validation.trimEnd()).toMatch(/found another orphan\.$/);
    expect(validation.length / (train.length + validation.length)).toBeCloseTo(0.1, 5);
  });

  it("has whole first names, one a line, each once, out of the alphabet's order", async () => {
    const { train, validation } = await loadText("names");
    expect(`${train}${validation}`).toMatch(/^([A-Z][A-Za-z-]*\n)+$/);
    const [first, second] = [train, validation].map((text) => text.trimEnd().split("\n"));
    expect(new Set([...first, ...second]).size).toBe(first.length + second.length);
    expect(second.length).toBe(Math.floor((first.length + second.length) / 10));
    expect(new Set(second.map((name) => name[0])).size).toBeGreaterThan(20);
  });

  it("downloads a text and reads it", async () => {
    const text = "To be, or not to be.\n".repeat(50);
    const { url } = await serve(Buffer.from(text));
    const entry = { ...findDataset("tiny-shakespeare"), url, size: text.length, checksum: sha256(Buffer.from(text)) };
    const corpus = await loadTextEntry(entry, { cacheFolder: await temporaryFolder() });
    expect(`${corpus.train}${corpus.validation}`).toBe(text);
    expect(corpus.name).toBe("tiny-shakespeare");
  });

  it("says what a data set is for when it is no text", async () => {
    await expect(loadText("imdb")).rejects.toThrow(
      "imdb is labelled texts; for a character model, take one of moby-dick, ",
    );
  });
});

describe("a zip archive", () => {
  const content = randomBytes(50_000, "zip");

  it("gives the file inside", async () => {
    const path = await temporaryFile("a.zip", zipOf("enwik8", content));
    expect(content.equals(await readFromZip(path, "enwik8"))).toBe(true);
  });

  it("is refused when it is cut short", async () => {
    const whole = zipOf("enwik8", content);
    for (const share of [0, 0.5, 0.999]) {
      const path = await temporaryFile("a.zip", whole.subarray(0, Math.floor(whole.length * share)));
      await expect(readFromZip(path, "enwik8")).rejects.toThrow(/a\.zip is no whole zip archive .* fetch it again/);
    }
  });

  it("is refused when its bytes are damaged", async () => {
    const damaged = zipOf("enwik8", content);
    damaged[25_000] ^= 1;
    await expect(readFromZip(await temporaryFile("a.zip", damaged), "enwik8")).rejects.toThrow("no whole zip archive");
  });

  it("is refused when it holds another file, or a file of another length than enwik8", async () => {
    const other = await temporaryFile("a.zip", zipOf("text8", content));
    await expect(readFromZip(other, "enwik8")).rejects.toThrow("it holds no enwik8");
    const short = join(await temporaryFolder({ "a.zip": zipOf("enwik8", content) }), "a.zip");
    await expect(readEnwik8(fileSource(short), {})).rejects.toThrow("enwik8 has 50000 bytes instead of 100000000");
  });
});

describe("enwik8", () => {
  it("is split as the lecture splits it, at bytes", async () => {
    // As long as the real one: each part begins with a letter of its own, and holds an é in two bytes.
    const bytes = Buffer.alloc(100_000_000, ".");
    for (const [at, mark] of [
      [0, "aé"],
      [90_000_000, "bé"],
      [95_000_000, "cé"],
    ] as const)
      bytes.write(mark, at);
    const corpus = await readEnwik8(fileSource(await temporaryFile("enwik8.zip", zipOf("enwik8", bytes))), {});
    const parts = [corpus.train, corpus.validation, corpus.test ?? ""].map((part) => Buffer.from(part));
    expect(parts.map((part) => part.length)).toEqual([90_000_000, 5_000_000, 5_000_000]);
    expect(parts.map((part) => part.subarray(0, 4).toString("utf8"))).toEqual(["aé.", "bé.", "cé."]);
    expect(corpus.train).toBeInstanceOf(Uint8Array);
  });

  it("lets nobody move its split", async () => {
    await expect(readEnwik8(fileSource("none.zip"), { validationShare: 0.5 })).rejects.toThrow(/a split of its own/);
  });
});
