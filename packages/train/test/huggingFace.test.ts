import { cpSync, readFileSync, writeFileSync } from "node:fs";
import { manualSeed, noGrad, type Tensor, tensor } from "@lectern/autograd";
import { GPT } from "@lectern/nn";
import { describe, expect, it } from "vitest";
import {
  BPETokenizer,
  generateTokens,
  type LanguageModel,
  loadHuggingFace,
  loadSafetensors,
  openRun,
  saveHuggingFace,
  saveSafetensors,
} from "../src/index.ts";
import { expectNumbers, fixturePath, readFixture, temporaryFolder } from "./helpers.ts";

/** What transformers computes with the same checkpoints (fixtures/make_gpt2.py). */
const theirs = readFixture<
  { tokens: number[][] } & Record<string, { logits: number[]; hidden: number[][] } | undefined>
>("gpt2/expected.json");
const tokens = () => tensor(theirs.tokens, { dtype: "int32" });

/** A copy of a checkpoint that a test may damage. */
function copyOf(name: string): string {
  const folder = temporaryFolder();
  cpSync(fixturePath(`gpt2/${name}`), folder, { recursive: true });
  return folder;
}

function editJson(path: string, edit: (json: Record<string, unknown>) => void): void {
  const json = JSON.parse(readFileSync(path, "utf8")) as Record<string, unknown>;
  edit(json);
  writeFileSync(path, JSON.stringify(json));
}

describe("a checkpoint in Hugging Face's layout", () => {
  it.each([
    ["plain", "float32, tied head"],
    ["sharded", "three files, a width inside of its own, the exact GELU, a head of its own"],
    ["old", "names without a prefix, and masks among the weights"],
    ["half", "float16"],
    ["brain", "bfloat16"],
    ["bin", "PyTorch's pickle", "plain"],
    ["shardedBin", "two of them", "plain"],
    ["oldBin", "its older format, float16, without a prefix, columns before rows", "half"],
  ])("computes what it computes there: %s (%s)", async (name, _, as = name) => {
    const { model } = await loadHuggingFace(fixturePath(`gpt2/${name}`));
    noGrad(() => expectNumbers(model.forward(tokens()), theirs[as]!.logits, 1e-4));
  });

  it.each(["plain", "sharded", "old"])("computes the same behind every layer: %s", async (name) => {
    const { model } = await loadHuggingFace(fixturePath(`gpt2/${name}`));
    noGrad(() => {
      let x: Tensor = model.positions!.embed(tokens(), model.tokens);
      const { hidden } = theirs[name]!;
      for (const [i, block] of model.blocks.entries()) {
        expectNumbers(x, hidden[i], 1e-4);
        x = block.forward(x);
      }
      // There the last of them is told behind the norm.
      expectNumbers(model.norm!.forward(x), hidden[model.blocks.length], 1e-4);
    });
  });

  it.each(["plain", "sharded", "old"])("is saved as it was read: %s", async (name) => {
    const { model } = await loadHuggingFace(fixturePath(`gpt2/${name}`));
    const folder = temporaryFolder();
    await saveHuggingFace(folder, model);
    const { model: again } = await loadHuggingFace(folder);
    expect(again.options).toEqual(model.options);
    for (const [key, value] of again.stateDict()) {
      expect(value.dataSync()).toEqual(model.stateDict().get(key)!.dataSync());
    }
    const there = JSON.parse(readFileSync(fixturePath(`gpt2/${name}/config.json`), "utf8")) as Record<string, unknown>;
    const here = JSON.parse(readFileSync(`${folder}/config.json`, "utf8")) as Record<string, unknown>;
    for (const key of ["model_type", "vocab_size", "n_embd", "n_inner", "activation_function", "layer_norm_epsilon"]) {
      expect([key, here[key]]).toEqual([key, there[key]]);
    }
    if (name === "plain") {
      const files = await Promise.all(
        [`${folder}/model.safetensors`, fixturePath("gpt2/plain/model.safetensors")].map((file) =>
          loadSafetensors(file),
        ),
      );
      expect([...files[0].tensors.keys()].sort()).toEqual([...files[1].tensors.keys()].sort());
    }
  });

  it("opens as a run does, with its tokenizer, and writes text", async () => {
    const tokenizer = BPETokenizer.from(["the whale, the white whale "], { size: 270 });
    const [folder, copy] = [temporaryFolder(), temporaryFolder()];
    manualSeed(1);
    const { model } = await loadHuggingFace(fixturePath("gpt2/plain"));
    const own = new GPT({ ...model.options, vocabulary: tokenizer.size, bias: false });
    await saveHuggingFace(folder, own, tokenizer);
    const run = await openRun(folder);
    expect([run.kind, run.predicts]).toEqual(["gpt", "tokens"]);
    const greedy = { tokens: 6, strategy: "greedy" };
    const opened = run.model as unknown as LanguageModel;
    expect(await generateTokens(opened, [[1, 2]], greedy)).toEqual(await generateTokens(own, [[1, 2]], greedy));
    expect(run.tokenizer!.encode("the whale")).toEqual(tokenizer.encode("the whale"));
    // GPT-2's own files of a tokenizer in place of the one.
    const { model: json } = tokenizer.toJSON() as { model: { merges: string[][] } };
    cpSync(folder, copy, { recursive: true });
    writeFileSync(`${copy}/tokenizer.json`, "");
    const { rmSync } = await import("node:fs");
    rmSync(`${copy}/tokenizer.json`);
    const vocab = Object.fromEntries(tokenizer.vocabulary.tokens.map((token, id) => [token, id]));
    writeFileSync(`${copy}/vocab.json`, JSON.stringify(vocab));
    writeFileSync(`${copy}/merges.txt`, `#version: 0.2\n${json.merges.map((pair) => pair.join(" ")).join("\n")}\n`);
    const { tokenizer: again } = await loadHuggingFace(copy);
    expect(again!.encode("the whale")).toEqual(tokenizer.encode("the whale"));
    expect(again!.special?.endOfText).toBe(0);
  });

  it("cannot be written of a model that GPT-2 cannot be", async () => {
    const model = new GPT({ vocabulary: 5, layers: 1, heads: 1, width: 4, context: 4, norm: "post" });
    await expect(saveHuggingFace(temporaryFolder(), model)).rejects.toThrow(/this model has others/);
  });
});

describe("a checkpoint that does not fit is refused in one line:", () => {
  it.each<[string, Record<string, unknown>, RegExp]>([
    ["another architecture", { model_type: "llama" }, /config\.json.*model_type/s],
    ["attention that is not scaled", { scale_attn_weights: false }, /scale_attn_weights is false.*does not do here/],
    ["attention scaled by layer", { scale_attn_by_inverse_layer_idx: true }, /scale_attn_by_inverse_layer_idx/],
    ["an unknown activation", { activation_function: "mish" }, /its activation_function is mish/],
    ["a size that is none", { n_layer: -1 }, /n_layer/],
    ["more layers than it has", { n_layer: 3 }, /the tensor h\.2\.ln_1\.weight is missing, and 11 more/],
    ["fewer layers", { n_layer: 1 }, /the tensor transformer\.h\.1\.\S+ is none of this architecture's/],
    ["another width", { n_inner: 32 }, /c_fc\.\w+ is \[.*\], and \[.*\] was expected/],
    ["a head of its own that is not there", { tie_word_embeddings: false }, /the tensor lm_head\.weight is missing/],
  ])("%s", async (_, change, message) => {
    const folder = copyOf("plain");
    editJson(`${folder}/config.json`, (json) => Object.assign(json, change));
    await expect(loadHuggingFace(folder)).rejects.toThrow(message);
  });

  it.each(["../secret.safetensors", "/etc/passwd", "sub/a.safetensors", "..\\a.safetensors", 7])(
    "an index that names %s",
    async (name) => {
      const folder = copyOf("sharded");
      editJson(`${folder}/model.safetensors.index.json`, (json) => Object.assign(json, { weight_map: { a: name } }));
      await expect(loadHuggingFace(folder)).rejects.toThrow(/which is no file beside it/);
    },
  );

  it.each(["../secret.bin", "model.safetensors", ""])("an index of pickles that names %j", async (name) => {
    const folder = copyOf("shardedBin");
    editJson(`${folder}/pytorch_model.bin.index.json`, (json) => Object.assign(json, { weight_map: { a: name } }));
    await expect(loadHuggingFace(folder)).rejects.toThrow(/which is no file beside it/);
  });

  it("no weights, or sizes for which there are none", async () => {
    const folder = temporaryFolder();
    cpSync(fixturePath("gpt2/plain/config.json"), `${folder}/config.json`);
    await expect(loadHuggingFace(folder)).rejects.toThrow(/there is no model\.safetensors, and no pytorch_model\.bin$/);
    const greedy = copyOf("plain");
    editJson(`${greedy}/config.json`, (json) => Object.assign(json, { n_embd: 10_000_000, n_head: 1 }));
    await expect(loadHuggingFace(greedy)).rejects.toThrow(/c_attn\.bias is \[48\], and \[30000000\] was expected/);
  });

  it("weights that are whole numbers, or cut off", async () => {
    const folder = copyOf("plain");
    const { tensors } = await loadSafetensors(`${folder}/model.safetensors`);
    const name = [...tensors.keys()].find((key) => key.endsWith("ln_f.bias"))!;
    tensors.set(name, tensor(Array(16).fill(1), { dtype: "int32" }));
    await saveSafetensors(`${folder}/model.safetensors`, tensors);
    await expect(loadHuggingFace(folder)).rejects.toThrow(/ln_f\.bias holds whole numbers/);
    writeFileSync(`${folder}/model.safetensors`, readFileSync(`${folder}/model.safetensors`).subarray(0, 9000));
    await expect(loadHuggingFace(folder)).rejects.toThrow(/no safetensors file: .*it ends in the middle of tensor/);
  });
});
