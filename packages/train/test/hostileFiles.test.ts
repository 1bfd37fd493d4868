import { cpSync, readFileSync, writeFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { BPETokenizer, loadHuggingFace, loadSafetensors, loadTokenizer, openRun } from "../src/index.ts";
import { fixturePath, temporaryFolder } from "./helpers.ts";

/** What is said of a file: one sentence that names it. Errors: it was read. */
async function refusal(path: string, act: () => Promise<unknown>): Promise<string> {
  const error = await act().then(
    () => new Error("it was read"),
    (reason: Error) => reason,
  );
  expect(error.message).toContain(path);
  expect(error.message).not.toContain("\n");
  return error.message;
}

/** A safetensors file with this header, and so many bytes behind it. */
function withHeader(header: string, bytes: number, length = BigInt(header.length)): Uint8Array {
  const start = Buffer.alloc(8);
  start.writeBigUInt64LE(length);
  return Buffer.concat([start, Buffer.from(header), Buffer.alloc(bytes)]);
}

const tensors = (places: Record<string, [number, number]>) =>
  JSON.stringify(
    Object.fromEntries(
      Object.entries(places).map(([name, [start, end]]) => [
        name,
        { dtype: "F32", shape: [(end - start) / 4], data_offsets: [start, end] },
      ]),
    ),
  );

const brackets = (depth: number) => `${"[".repeat(depth)}${"]".repeat(depth)}`;

describe("a safetensors file is refused", () => {
  const whole = readFileSync(fixturePath("python.safetensors"));
  it.each<[string, Uint8Array, RegExp]>([
    ["without its last byte", whole.subarray(0, -1), /it ends in the middle of tensor/],
    ["that ends in its header", whole.subarray(0, 40), /its header is not whole/],
    ["of seven bytes", whole.subarray(0, 7), /shorter than the 8 bytes/],
    ["whose header is 2^63 bytes long", withHeader("{}", 0, 2n ** 63n), /its header is not whole/],
    ["whose header promises more than there is", withHeader(tensors({ a: [0, 4_000_000_000] }), 8), /in the middle of/],
    [
      "whose tensors overlap",
      withHeader(tensors({ a: [0, 8], b: [4, 12] }), 12),
      /a gap or an overlap before tensor "b"/,
    ],
    ["whose tensors leave a gap", withHeader(tensors({ a: [0, 4], b: [8, 12] }), 12), /a gap or an overlap before/],
    ["with more than its tensors", withHeader(tensors({ a: [0, 4] }), 9), /5 bytes behind the last tensor/],
    [
      "of a size that is no number",
      withHeader(`{"a":{"dtype":"F32","shape":[1e400],"data_offsets":[0,4]}}`, 4),
      /does not/,
    ],
    ["whose header is brackets alone", withHeader(brackets(500_000), 0), /nested deeper than 64 levels/],
  ])("%s", async (_, bytes, message) => {
    const path = `${temporaryFolder()}/model.safetensors`;
    writeFileSync(path, bytes);
    const before = process.memoryUsage().arrayBuffers;
    expect(await refusal(path, () => loadSafetensors(path))).toMatch(message);
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(50_000_000);
  });
});

describe("JSON that is nothing but brackets is refused", () => {
  it.each(["config.json", "model.safetensors.index.json", "tokenizer.json", "vocab.json"])("as %s", async (name) => {
    const folder = temporaryFolder();
    cpSync(fixturePath(name.includes("index") ? "gpt2/sharded" : "gpt2/plain"), folder, { recursive: true });
    writeFileSync(`${folder}/merges.txt`, "");
    writeFileSync(`${folder}/${name}`, `{"a":${brackets(1_000_000)}}`);
    const path = `${folder}/${name}`;
    expect(await refusal(path, () => loadHuggingFace(folder))).toMatch(/nested deeper than 64 levels/);
    if (name !== "tokenizer.json") return;
    expect(await refusal(path, () => loadTokenizer(path))).toMatch(/nested deeper than 64 levels/);
    writeFileSync(`${folder}/config.json`, brackets(1_000_000));
    expect(await refusal(folder, () => openRun(folder))).toMatch(/nested deeper than 64 levels/);
  });
});

describe("a tokenizer is refused", () => {
  const good = () =>
    structuredClone(BPETokenizer.from(["the whale"], { size: 260 }).toJSON()) as {
      added_tokens: object[];
      model: { vocab: Record<string, number>; merges: string[][] };
    };

  it.each<[string, (json: ReturnType<typeof good>) => void, RegExp]>([
    [
      "with a million added tokens",
      (json) => {
        json.added_tokens = Array.from({ length: 1_000_000 }, (_, id) => ({ id, content: `<${id}>` }));
      },
      /"added_tokens" has to be a list of at most 10000/,
    ],
    [
      "whose merges go in a circle",
      ({ model }) => {
        // "" and "t" are "t" again, as often as one likes.
        model.vocab[""] = Object.keys(model.vocab).length;
        model.merges.push(["", "t"]);
      },
      /the token "" stands for no bytes/,
    ],
    ["that merges to what it does not have", ({ model }) => model.merges.push(["t", "t"]), /a token that there is not/],
    ["with an id for two tokens", ({ model }) => Object.assign(model.vocab, { t: 7 }), /ids have to be/],
  ])("%s", async (_, change, message) => {
    const path = `${temporaryFolder()}/tokenizer.json`;
    const json = good();
    change(json);
    writeFileSync(path, JSON.stringify(json));
    expect(await refusal(path, () => loadTokenizer(path))).toMatch(message);
  });
});
