import { readFileSync, writeFileSync } from "node:fs";
import { manualSeed, noGrad, tensor } from "@lectern/autograd";
import { addLoRA, type GPT, loraLayers, mergeLoRA } from "@lectern/nn";
import { describe, expect, it } from "vitest";
import {
  AdamW,
  loadAdapter,
  loadHuggingFace,
  openRun,
  RandomWindows,
  saveAdapter,
  saveHuggingFace,
  Trainer,
} from "../src/index.ts";
import { expectNumbers, fixturePath, readFixture, temporaryFolder } from "./helpers.ts";

/** What peft computes with the same adapters (fixtures/make_peft.py). */
const theirs = readFixture<Record<"theirs" | "ours" | "base", number[]>>("peft/expected.json");
const tokens = tensor(readFixture<{ tokens: number[][] }>("gpt2/expected.json").tokens, { dtype: "int32" });

const base = async (): Promise<GPT> => (await loadHuggingFace(fixturePath("gpt2/plain"))).model;
const expectLogits = (model: GPT, expected: readonly number[]) =>
  noGrad(() => expectNumbers(model.forward(tokens), expected, 1e-4));

describe("an adapter in peft's layout", () => {
  it.each(["theirs", "ours"] as const)("computes here what peft computes: %s", async (name) => {
    const model = await base();
    expectLogits(model, theirs.base);
    await loadAdapter(fixturePath(`peft/${name}`), model);
    expectLogits(model, theirs[name]);
    expect(Math.max(...theirs[name].map((value, i) => Math.abs(value - theirs.base[i])))).toBeGreaterThan(0.1);
  });

  it("is written as peft read it", async () => {
    const model = await base();
    await loadAdapter(fixturePath("peft/ours"), model);
    const folder = temporaryFolder();
    await saveAdapter(folder, model, { base: "gpt2/plain" });
    for (const file of ["adapter_config.json", "adapter_model.safetensors"]) {
      expect(readFileSync(`${folder}/${file}`).equals(readFileSync(fixturePath(`peft/ours/${file}`))), file).toBe(true);
    }
  });

  it("is merged, and what is saved then needs no adapter", async () => {
    const model = await base();
    await loadAdapter(fixturePath("peft/theirs"), model);
    const folder = temporaryFolder();
    await saveHuggingFace(folder, mergeLoRA(model));
    expectLogits((await loadHuggingFace(folder)).model, theirs.theirs);
  });

  it("is refused where it does more than that, is for another model, or misses a half", async () => {
    const edited = (file: string, edit: (json: Record<string, unknown>) => void) => {
      const folder = temporaryFolder();
      for (const name of ["adapter_config.json", "adapter_model.safetensors"]) {
        writeFileSync(`${folder}/${name}`, readFileSync(fixturePath(`peft/theirs/${name}`)));
      }
      const json = JSON.parse(readFileSync(`${folder}/${file}`, "utf8")) as Record<string, unknown>;
      edit(json);
      writeFileSync(`${folder}/${file}`, JSON.stringify(json));
      return folder;
    };
    const loading = async (edit: (json: Record<string, unknown>) => void) =>
      loadAdapter(edited("adapter_config.json", edit), await base());
    await expect(loading((json) => (json.use_dora = true))).rejects.toThrow(/adapter_config.json: use_dora is true/);
    await expect(loading((json) => (json.alpha_pattern = { c_attn: 3 }))).rejects.toThrow(/alpha_pattern/);
    await expect(loading((json) => (json.r = 4))).rejects.toThrow(
      /A of blocks.0.attention.qkv is \[3, 16\], and \[4, 16\] was/,
    );
    const { model: other } = await loadHuggingFace(fixturePath("gpt2/sharded"));
    await expect(loadAdapter(fixturePath("peft/theirs"), other)).rejects.toThrow(
      /is for no layer of this model|was expected/,
    );
    await expect(saveAdapter(temporaryFolder(), await base())).rejects.toThrow(/has none: give it some by addLoRA/);
  });
});

it("a run whose model has adapters is opened with them, its frozen weights untouched", async () => {
  manualSeed(2);
  const model = addLoRA(await base(), { rank: 2 });
  const before = model.tokens.weight.dataSync().slice();
  const folder = temporaryFolder();
  const optimizer = new AdamW(
    model.parameters().filter((p) => p.requiresGrad),
    { lr: 1e-2 },
  );
  const text = Int32Array.from({ length: 200 }, (_, i) => (i * 7) % 61);
  const data = new RandomWindows(text, { context: 8, batch: 4, seed: 1 });
  await new Trainer({ model, optimizer, out: folder, progress: "off", log: () => undefined }).fit(data, { steps: 3 });
  expect([...model.tokens.weight.dataSync()]).toEqual([...before]);
  const opened = (await openRun(folder)).model as GPT;
  expect([...loraLayers(opened).keys()]).toEqual(["blocks.0.attention.qkv", "blocks.1.attention.qkv"]);
  const [logits, again] = [model.eval(), opened].map((one) => noGrad(() => one.forward(tokens).dataSync()));
  expect([...again]).toEqual([...logits]);
});
