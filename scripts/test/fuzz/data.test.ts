import { writeFileSync } from "node:fs";
import { gzipSync } from "node:zlib";
import { loadLabelled, loadText, memorySource } from "@lectern/datasets";
import fc from "fast-check";
import { host as page } from "../../../datasets/src/host/browser.ts";
import { readFromZip } from "../../../datasets/src/readers/zip.ts";
import { zipOf } from "../../../datasets/test/support.ts";
import { doneOrRefused, fuzz } from "./fuzz.ts";
import { changedBytes } from "./mutations.ts";

const rows = Array.from({ length: 12 }, (_, i) => [
  `it was ${i % 2 ? "good" : "bad, or worse"} №${i}`,
  i % 2 ? "pos" : "neg",
]);
const quoted = (cell: string) => (cell.includes(",") ? `"${cell}"` : cell);
const csv = Buffer.from(["text,label", ...rows.map((row) => row.map(quoted).join(","))].join("\r\n"));
const tsv = Buffer.from(["text\tlabel", ...rows.map((row) => row.join("\t"))].join("\n"));
const jsonLines = Buffer.from(rows.map(([text, label]) => `${JSON.stringify({ text, label })}\n`).join(""));

const options = fc.record({
  skipBadRows: fc.boolean(),
  validation: fc.option(fc.constantFrom<number | "last">(0, 0.5, "last"), { nil: undefined }),
});

for (const [name, good] of [
  ["table.csv", csv],
  ["table.tsv", tsv],
  ["lines.jsonl", jsonLines],
] as const) {
  fuzz(name, fc.tuple(changedBytes(good), options), async ([bytes, how], folder) => {
    writeFileSync(`${folder}/${name}`, bytes);
    await doneOrRefused(name, () => loadLabelled(`${folder}/${name}`, how));
  });
}

fuzz("a text", changedBytes(Buffer.from("Call me Ishmael. Зови меня Измаил. ".repeat(3))), async (bytes, folder) => {
  writeFileSync(`${folder}/notes.txt`, bytes);
  await doneOrRefused("notes.txt", () => loadText(`${folder}/notes.txt`));
});

/** A tar archive's block for a file, and its content (POSIX.1, pax interchange format). */
function tarFile(name: string, content: string): Buffer {
  const header = Buffer.alloc(512);
  header.write(name, 0);
  header.write("0000644\0", 100);
  header.write("0000000\x000000000\0", 108);
  header.write(`${content.length.toString(8).padStart(11, "0")}\0`, 124);
  header.write("00000000000\0", 136);
  header.write("        0", 148);
  header.write("ustar\x0000", 257);
  const sum = header.reduce((total, byte) => total + byte, 0);
  header.write(`${sum.toString(8).padStart(6, "0")}\0 `, 148);
  const padded = Buffer.alloc(Math.ceil(content.length / 512) * 512);
  padded.write(content);
  return Buffer.concat([header, padded]);
}

const tar = Buffer.concat([
  ...["train/pos/1_9.txt", "train/neg/1_1.txt", "test/pos/1_8.txt", "test/neg/1_2.txt"].map((name) =>
    tarFile(`aclImdb/${name}`, `a review, ${name}`),
  ),
  tarFile("../../outside.txt", "nothing"),
  Buffer.alloc(1024),
]);
const tars = fc.oneof(
  changedBytes(tar),
  changedBytes(tar).map((bytes) => gzipSync(bytes)),
  changedBytes(gzipSync(tar)),
);
fuzz("a tar archive", tars, async (bytes, folder) => {
  writeFileSync(`${folder}/reviews.tar.gz`, bytes);
  await doneOrRefused("reviews.tar.gz", () => loadLabelled(`${folder}/reviews.tar.gz`));
});

fuzz(
  "a zip archive",
  changedBytes(zipOf("enwik8", Buffer.from("the first bytes ".repeat(50)))),
  async (bytes, folder) => {
    writeFileSync(`${folder}/enwik8.zip`, bytes);
    await doneOrRefused("enwik8.zip", () => readFromZip(`${folder}/enwik8.zip`, "enwik8"));
    await doneOrRefused("enwik8.zip", () => page.fromZip(memorySource("enwik8.zip", bytes), "enwik8"));
  },
);
