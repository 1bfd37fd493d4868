import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { manualSeed } from "@lectern/autograd";
import { GPT } from "@lectern/nn";
import { AdamW, openRun, RunFolder, readCheckpoint, restore, Trainer, textData } from "@lectern/train";
import fc from "fast-check";
import { afterAll } from "vitest";
import { doneOrRefused, fuzz } from "./fuzz.ts";
import { changedBytes, changedJson, changedJsonFile, changedSafetensors } from "./mutations.ts";

function program() {
  manualSeed(1);
  const { train, tokenizer } = textData("the white whale ".repeat(20), { context: 4, batch: 2 });
  const model = new GPT({ vocabulary: tokenizer.size, layers: 1, heads: 1, width: 4, context: 4 });
  return { model, optimizer: new AdamW(model.parameters(), { lr: 0.01 }), data: train, tokenizer };
}

const good = mkdtempSync(join(tmpdir(), "lectern-run-"));
afterAll(() => rmSync(good, { recursive: true, force: true }));
const { data: batches, ...parts } = program();
await new Trainer({ ...parts, out: good, progress: "off" }).fit(batches, { steps: 3 });
const [newest] = readdirSync(`${good}/checkpoints`);
const checkpoint = readFileSync(`${good}/checkpoints/${newest}`);

interface Header {
  readonly __metadata__: { state: string; sha256?: string };
}

/** The same without checksums, as older ones are, and with another state. */
function withState(state: unknown): Buffer {
  const length = Number(checkpoint.readBigUInt64LE(0));
  const { __metadata__, ...tensors } = JSON.parse(checkpoint.subarray(8, 8 + length).toString()) as Header;
  const { sha256: _, ...metadata } = __metadata__;
  const changed = { ...tensors, __metadata__: { ...metadata, state: JSON.stringify(state) ?? "" } };
  const header = Buffer.from(JSON.stringify(changed));
  const start = Buffer.alloc(8);
  start.writeBigUInt64LE(BigInt(header.length));
  return Buffer.concat([start, header, checkpoint.subarray(8 + length)]);
}

const length = Number(checkpoint.readBigUInt64LE(0));
const state: unknown = JSON.parse(
  (JSON.parse(checkpoint.subarray(8, 8 + length).toString()) as Header).__metadata__.state,
);

const states = fc.oneof(
  { weight: 3, arbitrary: changedJson(state).map(withState) },
  { weight: 1, arbitrary: changedSafetensors(withState(state)) },
  { weight: 1, arbitrary: changedBytes(checkpoint) },
);
fuzz("a checkpoint", states, async (bytes, folder) => {
  const path = `${folder}/step-000003.safetensors`;
  writeFileSync(path, bytes);
  await doneOrRefused(path, async () => restore(await readCheckpoint(path), program()));
});

const config: unknown = JSON.parse(readFileSync(`${good}/config.json`, "utf8"));
fuzz("a run's config.json", changedJsonFile(config), async (bytes, folder) => {
  cpSync(good, folder, { recursive: true });
  writeFileSync(`${folder}/config.json`, bytes);
  // Sizes that do not fit are told by the weights.
  await doneOrRefused(folder, () => openRun(folder));
});

const lines = readFileSync(`${good}/metrics.jsonl`);
const metrics = fc.oneof(
  changedBytes(lines),
  fc
    .array(fc.oneof(changedJson(JSON.parse(lines.toString().split("\n")[0])), fc.jsonValue()), { maxLength: 5 })
    .map((values) => Buffer.from(values.map((value) => `${JSON.stringify(value)}\n`).join(""))),
);
fuzz("metrics.jsonl", metrics, async (bytes, folder) => {
  writeFileSync(`${folder}/metrics.jsonl`, bytes);
  await doneOrRefused(`${folder}/metrics.jsonl`, async () => {
    const run = new RunFolder(folder);
    await run.metrics();
    await run.forgetAfter(2, () => {});
    await run.metrics();
  });
});
