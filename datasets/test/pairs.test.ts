import { describe, expect, it } from "vitest";
import { arithmetic, loadPairs, loadText, memorySource, type Pair } from "../src/index.ts";
import { temporaryFile } from "./support.ts";

/** The two numbers of a problem, the smaller first. */
const numbers = ({ prompt }: Pair) =>
  prompt
    .match(/\d+/g)!
    .map(Number)
    .sort((a, b) => a - b)
    .join(" ");

describe("arithmetic", () => {
  it("asks for every sum of two numbers up to two digits once, and answers rightly", async () => {
    const { train, validation } = await loadPairs("arithmetic");
    const all = [...train, ...validation];
    expect(new Set(all.map(({ prompt }) => prompt)).size).toBe(10_000);
    expect(all).toHaveLength(10_000);
    for (const { prompt, answer } of all) {
      const [a, b] = /^(\d+)\+(\d+)=$/.exec(prompt)!.slice(1).map(Number);
      expect(answer).toBe(String(a + b));
    }
  });

  it.each(["arithmetic", "arithmetic:addition,subtraction", "arithmetic:3"])(
    "holds out a fifth of the pairs of %s, each with its mirror",
    async (name) => {
      const { train, validation } = await loadPairs(name);
      const [learned, unseen] = [train, validation].map((part) => new Set(part.map(numbers)));
      expect(unseen.intersection(learned).size).toBe(0);
      expect(unseen.size / (unseen.size + learned.size)).toBeCloseTo(0.2, 3);
    },
  );

  it("holds back sums of the longest numbers alone, of which the shorter are parts", async () => {
    for (const [name, digits] of [
      ["arithmetic", 2],
      ["arithmetic:3", 3],
    ] as const) {
      const longest = new RegExp(`^\\d{${digits}}\\+\\d{${digits}}=$`);
      for (const { prompt } of (await loadPairs(name)).validation) expect(prompt).toMatch(longest);
    }
    expect((await loadPairs("arithmetic")).train.filter(({ prompt }) => /^\d\+\d=$/.test(prompt))).toHaveLength(100);
    expect((await loadPairs("arithmetic:1")).validation.length).toBeGreaterThan(10);
  });

  it("subtracts, below zero too, and writes the answer's digits from the last to the first where that is asked for", async () => {
    const { train, validation } = await loadPairs("arithmetic:subtraction,reversed");
    const answers = new Map([...train, ...validation].map(({ prompt, answer }) => [prompt, answer]));
    expect([answers.get("99-30="), answers.get("30-99="), answers.get("7-7=")]).toEqual(["96", "-96", "0"]);
    const plain = arithmetic({ operations: ["addition"], reversed: true });
    expect([...plain.train, ...plain.validation].find(({ prompt }) => prompt === "95+17=")?.answer).toBe("211");
  });

  it("is drawn by the seed alone", async () => {
    const drawn = async (seed?: number) => (await loadPairs("arithmetic", { seed })).validation;
    expect(await drawn()).toEqual(await drawn(0));
    expect(await drawn(1)).not.toEqual(await drawn(0));
  });

  it("refuses words that say nothing to it", async () => {
    await expect(loadPairs("arithmetic:roots")).rejects.toThrow(
      /"roots" is unknown; say addition, subtraction or both/,
    );
    await expect(loadPairs("translation:3")).rejects.toThrow(
      /"translation:3" is neither .* did you mean "translation"/,
    );
    await expect(loadPairs("moby-dick")).rejects.toThrow(
      /moby-dick is plain text .* take one of arithmetic, translation/,
    );
  });
});

describe("translation", () => {
  it("has one English word for each Russian one, a tenth of them held out", async () => {
    const { train, validation, byHeart } = await loadPairs("translation");
    const all = [...train, ...validation];
    expect(all).toContainEqual({ prompt: "кот -> ", answer: "cat" });
    expect(new Set(all.map(({ prompt }) => prompt)).size).toBe(all.length);
    for (const { prompt, answer } of all) expect(prompt + answer).toMatch(/^[а-яё]+ -> [a-z]+$/);
    expect(validation).toHaveLength(Math.floor(all.length / 10));
    expect(byHeart).toBe(true);
  });
});

it("pairs are a text, too, a line for each", async () => {
  const { train, validation } = await loadText("arithmetic");
  expect(train.split("\n")).toHaveLength((await loadPairs("arithmetic")).train.length + 1);
  expect(validation).toMatch(/^(\d+\+\d+=\d+\n)+$/);
});

describe("a table of prompts and answers", () => {
  const lines = (rows: object[]) => rows.map((row) => `${JSON.stringify(row)}\n`).join("");
  const capitals = [
    { question: "Capital of France? ", answer: "Paris" },
    { question: "Capital of Peru? ", answer: "Lima\nand no other", note: 3 },
    { question: "Capital of Chad? ", answer: " N'Djamena" },
    { question: "Capital of Laos? ", answer: "Vientiane" },
    { question: "Capital of Cuba? ", answer: "Havana" },
  ];

  it("is JSON lines or TSV, by the usual names of its columns, and keeps spaces and line ends", async () => {
    const json = await loadPairs(await temporaryFile("capitals.jsonl", lines(capitals)));
    const all = [...json.train, ...json.validation].map(({ prompt, answer }) => ({ question: prompt, answer }));
    expect(all).toHaveLength(5);
    expect(all).toEqual(expect.arrayContaining(capitals.map(({ question, answer }) => ({ question, answer }))));
    expect([json.train.length, json.split]).toEqual([4, { kind: "shuffled", seed: 0 }]);
    const table = memorySource("words.tsv", "prompt\tanswer\nкот -> \tcat\nпёс -> \tdog\n");
    const { train, validation } = await loadPairs(table, { validationRows: 1, validation: "last" });
    expect([train, validation]).toEqual([
      [{ prompt: "кот -> ", answer: "cat" }],
      [{ prompt: "пёс -> ", answer: "dog" }],
    ]);
  });

  it("is read by columns that are named, or counted where there is no header line", async () => {
    const plain = memorySource("words.tsv", "кот\tcat\nпёс\tdog\nкот\tkitty\n");
    await expect(loadPairs(plain)).rejects.toThrow(
      /has no header line.*promptColumn 1, answerColumn 2 \(--prompt-column 1 --answer-column 2\)/,
    );
    const { train, validation } = await loadPairs(plain, { promptColumn: "2", answerColumn: "1", validationRows: 1 });
    expect([...train, ...validation].map(({ prompt }) => prompt).sort()).toEqual(["cat", "dog", "kitty"]);
    await expect(loadPairs(memorySource("words.tsv", "ru\ten\nкот\tcat\n"), {})).rejects.toThrow(
      /no column called prompt, .*it has ru, en: say with promptColumn \(--prompt-column\)/,
    );
  });

  it("asks in validation what was never asked in training, though a prompt have several answers", async () => {
    const rows = Array.from({ length: 60 }, (_, i) => ({ prompt: `p${i % 10}`, answer: String(i) }));
    const { train, validation } = await loadPairs(memorySource("p.jsonl", lines(rows)), { validationShare: 0.3 });
    const [asked, unseen] = [train, validation].map((part) => new Set(part.map(({ prompt }) => prompt)));
    expect([asked.size, unseen.size, asked.intersection(unseen).size]).toEqual([7, 3, 0]);
  });

  it("is validated by another table, and complains of an answer that is missing", async () => {
    const other = await temporaryFile("other.jsonl", lines(capitals.slice(0, 2)));
    const { train, validation, split } = await loadPairs(memorySource("c.jsonl", lines(capitals)), {
      validation: other,
    });
    expect([train.length, validation.length, split.kind]).toEqual([5, 2, "file"]);
    const bad = lines([...capitals, { question: "Capital of Mars?" }]);
    await expect(loadPairs(memorySource("c.jsonl", bad))).rejects.toThrow(/line 6: the answer is empty/);
    const { warnings } = await loadPairs(memorySource("c.jsonl", bad), { skipBadRows: true });
    expect(warnings).toEqual([expect.stringContaining("1 of 6 rows were left out")]);
  });
});
