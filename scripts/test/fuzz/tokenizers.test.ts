import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { GPT } from "@lectern/nn";
import {
  BPETokenizer,
  ByteTokenizer,
  CharTokenizer,
  loadHuggingFace,
  loadTokenizer,
  saveHuggingFace,
  WordTokenizer,
} from "@lectern/train";
import { afterAll } from "vitest";
import { doneOrRefused, fuzz } from "./fuzz.ts";
import { changedBytes, changedJsonFile } from "./mutations.ts";

const text = "the white whale, the whale; белый кит 🐋\n";
const bpe = BPETokenizer.from([text.repeat(3)], { size: 290 });

async function tryTokenizer(path: string): Promise<void> {
  await doneOrRefused(path, async () => {
    const tokenizer = await loadTokenizer(path);
    let ids: Int32Array;
    try {
      ids = tokenizer.encode(text);
    } catch (error) {
      // What it does not know is told by the tokenizer, which has no file.
      throw new Error(`${path}: ${(error as Error).message}`, { cause: error });
    }
    tokenizer.decode(ids);
  });
}

const ready = JSON.parse(
  readFileSync(new URL("../../../packages/train/test/fixtures/ready.json", import.meta.url), "utf8"),
) as Record<string, { json: unknown }>;
for (const [kind, { json }] of Object.entries(ready)) {
  fuzz(`tokenizer.json: ${kind}`, changedJsonFile(json), async (bytes, folder) => {
    writeFileSync(`${folder}/tokenizer.json`, bytes);
    await tryTokenizer(`${folder}/tokenizer.json`);
  });
}

for (const [kind, tokenizer] of [
  ["byte-pair encoding", bpe],
  ["characters", CharTokenizer.from(text)],
  ["words", WordTokenizer.from([text])],
  ["bytes", new ByteTokenizer(Array.from({ length: 256 }, (_, byte) => byte))],
] as const) {
  fuzz(`tokenizer.json: ${kind}`, changedJsonFile(tokenizer.toJSON()), async (bytes, folder) => {
    writeFileSync(`${folder}/tokenizer.json`, bytes);
    await tryTokenizer(`${folder}/tokenizer.json`);
  });
}

const merges = Buffer.from(
  `#version: 0.2\n${bpe.vocabulary.merges.map((pair) => pair.map((id) => bpe.vocabulary.tokens[id]).join(" ")).join("\n")}\n`,
);
const vocab = Object.fromEntries(bpe.vocabulary.tokens.map((token, id) => [token, id]));
const model = new GPT({ vocabulary: bpe.size, layers: 1, heads: 1, width: 2, context: 2, activation: "geluTanh" });

const good = mkdtempSync(join(tmpdir(), "lectern-checkpoint-"));
afterAll(() => rmSync(good, { recursive: true, force: true }));
await saveHuggingFace(good, model);

/** A checkpoint with GPT-2's own two files. */
async function tryFiles(folder: string, vocabFile: Buffer, mergesFile: Buffer): Promise<void> {
  cpSync(good, folder, { recursive: true });
  writeFileSync(`${folder}/vocab.json`, vocabFile);
  writeFileSync(`${folder}/merges.txt`, mergesFile);
  await doneOrRefused(folder, async () => {
    const { tokenizer } = await loadHuggingFace(folder);
    tokenizer!.decode(tokenizer!.encode("the"));
  });
}

fuzz("vocab.json", changedJsonFile(vocab), (bytes, folder) => tryFiles(folder, bytes, merges));
fuzz("merges.txt", changedBytes(merges), (bytes, folder) =>
  tryFiles(folder, Buffer.from(JSON.stringify(vocab)), bytes),
);
