import { describe, expect, it } from "vitest";
import { type LabelledCorpus, loadLabelled } from "../src/index.ts";
import { inCyrillic, temporaryFile } from "./support.ts";

const table = (name: string, ...lines: string[]) => temporaryFile(name, `${lines.join("\n")}\n`);

/** n rows of two alternating classes. */
const rows = (n: number, separator = ",") => Array.from({ length: n }, (_, i) => `text ${i}${separator}${i % 2}`);

describe("a table of labelled texts", () => {
  it("is read from CSV by the columns' usual names, wherever they stand", async () => {
    const path = await table("a.csv", "id,Sentiment,Review,stars", "1,pos,good,5", "2,neg,bad,1", "3,pos,fine,4");
    const corpus = await loadLabelled(path, { validation: "last", validationRows: 1 });
    expect(corpus).toMatchObject({
      name: "a.csv",
      labels: ["neg", "pos"],
      train: [
        { text: "good", label: 1 },
        { text: "bad", label: 0 },
      ],
      validation: [{ text: "fine", label: 1 }],
    });
  });

  it("is read by the columns that the options name", async () => {
    const path = await table("a.csv", "text,label,body,kind", "x,1,good,a", "y,1,bad,b");
    const { train, labels } = await loadLabelled(path, { textColumn: "body", labelColumn: "kind", validationRows: 0 });
    expect(train.map((example) => `${example.text} ${labels[example.label]}`)).toEqual(["good a", "bad b"]);
  });

  it.each(["csv", "tsv"])("keeps separators, quotes and line breaks that stand in quotes, in %s", async (kind) => {
    const separator = kind === "tsv" ? "\t" : ",";
    const lines = [`text${separator}label`, `"a ${separator} ""b""\r\nc"${separator}0`, `plain${separator}1`];
    const { train } = await loadLabelled(await table(`a.${kind}`, ...lines), { validationRows: 0 });
    expect(train[0].text).toBe(`a ${separator} "b"\r\nc`);
    expect(train[1].text).toBe("plain");
  });

  it("finds out semicolons, and needs no telling extension", async () => {
    const path = await table("export.dat", "text;label", "eins, zwei;a", "drei;b");
    const { train } = await loadLabelled(path, { validationRows: 0 });
    expect(train.map((example) => example.text)).toEqual(["eins, zwei", "drei"]);
  });

  it("takes a byte order mark, Windows line ends and empty lines as they come", async () => {
    const path = await temporaryFile("a.csv", "\uFEFFtext,label\r\nä,0\r\n\r\nö,1\r\n");
    const { train } = await loadLabelled(path, { validationRows: 0 });
    expect(train.map((example) => example.text)).toEqual(["ä", "ö"]);
  });

  it("numbers classes in numeric order if all are numbers", async () => {
    const path = await table("a.csv", "text,label", "a,10", "b,9", "c,-1", "d,10");
    const { labels, train } = await loadLabelled(path, { validationRows: 0 });
    expect(labels).toEqual(["-1", "9", "10"]);
    expect(train.map((example) => example.label)).toEqual([2, 1, 0, 2]);
  });

  it("holds out the last 1,000 of 5,000 rows where that is asked for, in the file's order", async () => {
    const path = await table("a.tsv", "text\tlabel", ...rows(5000, "\t"));
    const { train, validation, split } = await loadLabelled(path, { validation: "last" });
    expect(split).toEqual({ kind: "last" });
    expect([train.length, validation.length]).toEqual([4000, 1000]);
    expect([train[0].text, train[3999].text]).toEqual(["text 0", "text 3999"]);
    expect([validation[0].text, validation[999].text]).toEqual(["text 4000", "text 4999"]);
  });

  it("holds out the share or the number of rows asked for", async () => {
    const path = await table("a.csv", "text,label", ...rows(40));
    expect((await loadLabelled(path, { validationShare: 0.25 })).validation).toHaveLength(10);
    expect((await loadLabelled(path, { validation: 0.25 })).validation).toHaveLength(10);
    expect((await loadLabelled(path, { validationRows: 7 })).validation).toHaveLength(7);
  });

  it("reads 50,000 long rows", async () => {
    const long = `"${"a word, and ".repeat(100)}"`;
    const path = await table("a.csv", "text,label", ...Array.from({ length: 50_000 }, (_, i) => `${long},${i % 2}`));
    expect((await loadLabelled(path)).validation).toHaveLength(10_000);
  });
});

describe("a table that cannot be used is refused with what to do:", () => {
  const refusals: [string, string[], string | RegExp][] = [
    [
      "no text column",
      ["id,label", "1,a"],
      /no column called text, review, .* it has id, label: say with textColumn \(--text-column\)/,
    ],
    [
      "no label column",
      ["text,id", "1,a"],
      /no column called label, .* it has text, id: say with labelColumn \(--label-column\)/,
    ],
    ["a missing field", ["text,label", "a,0", "b"], /a\.csv, line 3: it has more or fewer fields than the header/],
    ["a field too many", ["text,label", "a,0", "b,c,1"], /a\.csv, line 3: it has more or fewer fields than the header/],
    ["an open quote", ["text,label", "a,0", '"b,1', "c,0"], /a\.csv, line 3: a quoted field has no closing "/],
    ["text after a quote", ["text,label", '"a" b,0'], /a\.csv, line 2: a quoted field goes on after its closing "/],
    ["a stray quote", ["text,label", 'a "b" c,0'], /a\.csv, line 2: there is a " inside a field without quotes/],
    [
      "an empty text",
      ["text,label", '"x\ny",1', " ,0"],
      "a.csv, line 4: the text is empty; fill it in or delete the row",
    ],
    ["an empty label", ["text,label", "a,0", "b,"], "a.csv, line 3: the label is empty; fill it in or delete the row"],
    ["a header alone", ["text,label"], "has a header and no rows"],
    [
      "a class of several lines, told on one",
      ["text,label", 'a,"x', 'y"', 'b,"x', 'y"'],
      'every row is of class "x y"; a classifier needs two classes or more',
    ],
    [
      "one class only",
      ["text,label", "a,0", "b,0"],
      'every row is of class "0"; a classifier needs two classes or more',
    ],
    [
      "a label column of identifiers",
      ["text,label", ...Array.from({ length: 50 }, (_, i) => `t,id${i}`)],
      "the label column has 50 different values in 50 rows, too many to be classes",
    ],
  ];
  it.each(refusals)("%s", async (_, lines, message) => {
    await expect(loadLabelled(await table("a.csv", ...lines))).rejects.toThrow(message);
  });

  it("rows sorted by class, of which the last are held out", async () => {
    const path = await table(
      "a.csv",
      "text,label",
      ...Array.from({ length: 10 }, (_, i) => `t,${i < 8 ? "no" : "yes"}`),
    );
    await expect(loadLabelled(path, { validation: "last" })).rejects.toThrow(
      /the first 8 rows, those to train on, are all of class "no"; .* shuffle the file's rows first/,
    );
  });

  it("a column that is not there", async () => {
    const path = await table("a.csv", "text,label", ...rows(4));
    await expect(loadLabelled(path, { textColumn: "body" })).rejects.toThrow(/no column "body"; it has text, label:/);
  });

  it("bytes that are not UTF-8", async () => {
    const path = await temporaryFile("a.csv", Buffer.from("text,label\ncaf\xE9,1\n", "latin1"));
    await expect(loadLabelled(path)).rejects.toThrow(/a\.csv is not UTF-8: byte 14 does not fit; .*save it as UTF-8/);
  });

  it("no bytes at all", async () => {
    await expect(loadLabelled(await temporaryFile("a.csv", ""))).rejects.toThrow("a.csv is empty");
  });

  it.each([
    [{ validationRows: 4 }, "4 of its 4 rows for validation leave none to train on"],
    [{ validationRows: 1.5 }, "validationRows is 1.5; it counts rows"],
    [{ validationRows: -1 }, "validationRows is -1; it counts rows"],
    [{ validationShare: 1 }, "validationShare is 1; it is a share of the data"],
    [{ validationShare: Number.NaN }, "validationShare is NaN; it is a share of the data"],
    [{ validationRows: 1, validationShare: 0.5 }, "give validationRows or validationShare, not both"],
  ])("a split that leaves no sense: %o", async (options, message) => {
    const path = await table("a.csv", "text,label", ...rows(4));
    await expect(loadLabelled(path, options)).rejects.toThrow(message);
  });
});

describe("a table is read as others write it:", () => {
  const textsOf = async (path: string) =>
    (await loadLabelled(path, { validationRows: 0 })).train.map(({ text }) => text);

  it("with backslashes before quotes, as Kaggle does", async () => {
    const path = await table("a.tsv", "id\tsentiment\treview", '"0"\t1\t"\\"The great\\" by X"', '"1"\t0\t"dull"');
    expect(await textsOf(path)).toEqual(['"The great" by X', "dull"]);
  });

  it("with quotes as they are, as GLUE does between tabs", async () => {
    const path = await table("a.tsv", "sentence\tlabel", 'great "so" they say\t1', '"so" dull\t0', 'an inch is "\t0');
    expect(await textsOf(path)).toEqual(['great "so" they say', '"so" dull', 'an inch is "']);
  });

  it("with quotes that are doubled, even where another row is wrong", async () => {
    const path = await table("a.tsv", "text\tlabel", '"a ""b"" c"\t1', '"d"\t0', 'e "f\t1');
    await expect(loadLabelled(path)).rejects.toThrow(/a\.tsv, line 4: there is a " inside a field/);
  });

  it("with Excel's first line that names the separator, and with bars", async () => {
    expect(await textsOf(await table("a.csv", "sep=;", "text;label", "a, b, c;0", "d;1"))).toEqual(["a, b, c", "d"]);
    expect(await textsOf(await table("a.txt", "text|label", "a, b|0", "c|1"))).toEqual(["a, b", "c"]);
  });

  it("as JSON lines", async () => {
    const lines = [
      { id: 1, text: 'a "b"\nc', label: true },
      { label: false, text: "d", id: 2 },
    ].map((x) => JSON.stringify(x));
    const path = await table("a.jsonl", ...lines, "");
    expect(await textsOf(path)).toEqual(['a "b"\nc', "d"]);
    await expect(loadLabelled(await table("a.jsonl", ...lines, "{oh"))).rejects.toThrow(
      "a.jsonl, line 3: it is no JSON",
    );
    await expect(loadLabelled(await table("a.jsonl", ...lines, '{"text":"x"}'))).rejects.toThrow(
      "line 3: the label is",
    );
  });

  it("in another encoding, which is named", async () => {
    const russian = "text,label\nОчень хороший фильм и актёры,да\nСовсем плохой фильм и скучный,нет\n";
    const path = await temporaryFile("a.csv", inCyrillic(russian, "windows-1251"));
    await expect(loadLabelled(path)).rejects.toThrow(/it looks like windows-1251 .*--encoding windows-1251/);
    const { labels } = await loadLabelled(path, { encoding: "windows-1251", validationRows: 0 });
    expect(labels).toEqual(["да", "нет"]);
  });

  it("of one column, or a JSON array, which it is told to be", async () => {
    await expect(loadLabelled(await table("a.csv", "text", "good", "bad"))).rejects.toThrow(
      'has one column only, "text"',
    );
    await expect(loadLabelled(await table("a.json", '[{"text":"good","label":1}]'))).rejects.toThrow(
      "a.json is a JSON array: write each of its objects on a line alone",
    );
  });

  it("without a header line, which is called that, by the columns' numbers", async () => {
    const path = await table(
      "a.tsv",
      ...Array.from({ length: 6 }, (_, i) => `${i % 2 ? "ham" : "spam"}\tgreat and warm ${i}`),
    );
    await expect(loadLabelled(path)).rejects.toThrow(
      "has no header line: its first line (spam, great and warm 0) is a row like the others; add one, or name the columns by " +
        "their numbers: textColumn 2, labelColumn 1 (--text-column 2 --label-column 1)",
    );
    const { train, labels } = await loadLabelled(path, { textColumn: "2", labelColumn: "1", validationRows: 0 });
    expect([train.length, train[0], labels]).toEqual([6, { text: "great and warm 0", label: 1 }, ["ham", "spam"]]);
    const outside = loadLabelled(path, { textColumn: "3", labelColumn: "1" });
    await expect(outside).rejects.toThrow("has 2 columns, counted from 1, and none with the number 3");
  });
});

describe("bad rows", () => {
  const bad = ["text,label", "a,0", "no label", '"x" y,1', "b,1", " ,0", "c,", "d,0,1", "e f,0", "g,"];

  it("are counted in one message, each with its line", async () => {
    await expect(loadLabelled(await table("a.csv", ...bad))).rejects.toThrow(
      /a\.csv: 6 of 9 rows cannot be used: line 3: it has more or fewer .*; line 4: a quoted .*; line 6: the text is empty.*; line 7: .*; line 8: .*; and 1 more; mend them, or leave such rows out with skipBadRows \(--skip-bad-rows\)$/,
    );
  });

  it("are left out where that is asked for, with a word", async () => {
    const { train, warnings } = await loadLabelled(await table("a.csv", ...bad), {
      skipBadRows: true,
      validationRows: 0,
    });
    expect(train.map(({ text }) => text)).toEqual(["a", "b", "e f"]);
    expect(warnings).toEqual([expect.stringMatching(/a\.csv: 6 of 9 rows were left out: line 3: /)]);
  });

  it("are named by the right line after line ends in quotes, Windows' too", async () => {
    const lines = ["text,label", '"a', 'b",pos', '"c', "", 'd",neg', "bad row", '"x y",pos'];
    for (const end of ["\n", "\r\n"]) {
      const path = await temporaryFile("a.csv", lines.join(end) + end);
      await expect(loadLabelled(path)).rejects.toThrow("a.csv, line 7: it has more or fewer fields than the header");
    }
  });
});

describe("what is held out", () => {
  /** As sorted tables are: all of one class, then all of the next. */
  const sorted = (...counts: number[]) =>
    table(
      "a.csv",
      "text,label",
      ...counts.flatMap((n, label) => Array.from({ length: n }, (_, i) => `t ${label} ${i},c${label}`)),
    );
  const countsOf = (examples: LabelledCorpus["train"]) =>
    examples.reduce<number[]>((counts, { label }) => Object.assign(counts, { [label]: (counts[label] ?? 0) + 1 }), []);

  it("is a fifth of each class, drawn by the seed, and said", async () => {
    const path = await sorted(200, 100, 50);
    const corpus = await loadLabelled(path, { seed: 3 });
    expect([countsOf(corpus.train), countsOf(corpus.validation)]).toEqual([
      [160, 80, 40],
      [40, 20, 10],
    ]);
    expect([corpus.split, corpus.warnings]).toEqual([{ kind: "stratified", seed: 3 }, []]);
    expect(await loadLabelled(path, { seed: 3 })).toEqual(corpus);
    const again = (await loadLabelled(path, { seed: 4 })).validation;
    expect(countsOf(again)).toEqual([40, 20, 10]);
    expect(again).not.toEqual(corpus.validation);
    const all = [...corpus.train, ...corpus.validation].map(({ text }) => text);
    expect(new Set(all).size).toBe(350);
  });

  it("has the number asked for, whatever is lost by rounding", async () => {
    const { validation } = await loadLabelled(await sorted(5, 5, 5, 5), { validationRows: 6 });
    expect([validation.length, Math.max(...countsOf(validation)) - Math.min(...countsOf(validation))]).toEqual([6, 1]);
  });

  it("is another table, with the classes of the first", async () => {
    const other = await table("b.csv", "text,label", "x,c1", "y,c0");
    const corpus = await loadLabelled(await sorted(3, 3), { validation: other });
    expect(corpus.train).toHaveLength(6);
    expect(corpus.validation).toEqual([
      { text: "x", label: 1 },
      { text: "y", label: 0 },
    ]);
    expect(corpus.split).toEqual({ kind: "file", file: other });
    const strange = await table("b.csv", "text,label", "x,c1", "y,c7");
    await expect(loadLabelled(await sorted(3, 3), { validation: strange })).rejects.toThrow(
      "b.csv has the classes c7, which the rows to train on do not have: c0, c1",
    );
  });

  it("comes with a warning where a class is missing or rare in a part", async () => {
    const { warnings } = await loadLabelled(await sorted(200, 200, 3), { validation: "last", validationShare: 0.5 });
    expect(warnings).toEqual([
      'class "c1" is rare in the training rows: 2 of 202',
      'class "c2" is missing in the training rows',
      'class "c0" is missing in the validation rows',
      'class "c2" is rare in the validation rows: 3 of 201',
    ]);
  });
});
