import { describe, expect, it } from "vitest";
import { loadLabelled } from "../src/index.ts";
import { temporaryFile } from "./support.ts";

const table = (name: string, ...lines: string[]) => temporaryFile(name, `${lines.join("\n")}\n`);

/** n rows of two alternating classes. */
const rows = (n: number, separator = ",") => Array.from({ length: n }, (_, i) => `text ${i}${separator}${i % 2}`);

describe("a table of labelled texts", () => {
  it("is read from CSV by the columns' usual names, wherever they stand", async () => {
    const path = await table("a.csv", "id,Sentiment,Review,stars", "1,pos,good,5", "2,neg,bad,1", "3,pos,fine,4");
    const corpus = await loadLabelled(path, { validationRows: 1 });
    expect(corpus).toEqual({
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

  it("holds out the last 1,000 of 5,000 rows by default, in the file's order", async () => {
    const path = await table("a.tsv", "text\tlabel", ...rows(5000, "\t"));
    const { train, validation } = await loadLabelled(path);
    expect([train.length, validation.length]).toEqual([4000, 1000]);
    expect([train[0].text, train[3999].text]).toEqual(["text 0", "text 3999"]);
    expect([validation[0].text, validation[999].text]).toEqual(["text 4000", "text 4999"]);
  });

  it("holds out the share or the number of rows asked for", async () => {
    const path = await table("a.csv", "text,label", ...rows(40));
    expect((await loadLabelled(path, { validationShare: 0.25 })).validation).toHaveLength(10);
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
    ["no text column", ["id,label", "1,a"], /no column called text, review, .* it has id, label: say with textColumn/],
    ["no label column", ["text,id", "1,a"], /no column called label, .* it has text, id: say with labelColumn/],
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
      "one class only",
      ["text,label", "a,0", "b,0"],
      'every row is of class "0"; a classifier needs two classes or more',
    ],
    [
      "rows sorted by class",
      ["text,label", ...Array.from({ length: 10 }, (_, i) => `t,${i < 8 ? "no" : "yes"}`)],
      /the first 8 rows, those to train on, are all of class "no"; .* shuffle the file's rows first/,
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

  it("a column that is not there", async () => {
    const path = await table("a.csv", "text,label", ...rows(4));
    await expect(loadLabelled(path, { textColumn: "body" })).rejects.toThrow(/no column "body"; it has text, label:/);
  });

  it("bytes that are not UTF-8", async () => {
    const path = await temporaryFile("a.csv", Buffer.from("text,label\ncaf\xE9,1\n", "latin1"));
    await expect(loadLabelled(path)).rejects.toThrow(/a\.csv is not UTF-8: byte 14 does not fit; save it as UTF-8/);
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
