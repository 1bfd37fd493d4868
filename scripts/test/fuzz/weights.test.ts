import { cpSync, readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { noGrad, tensor } from "@lectern/autograd";
import { loadHuggingFace, loadSafetensors } from "@lectern/train";
import fc from "fast-check";
import { doneOrRefused, fuzz } from "./fuzz.ts";
import { changedBytes, changedJsonFile, changedSafetensors } from "./mutations.ts";

const fixture = (name: string) =>
  fileURLToPath(new URL(`../../../packages/train/test/fixtures/${name}`, import.meta.url));

/** Opens a checkpoint in which one file is another. */
async function openWith(checkpoint: string, name: string, content: Buffer, folder: string): Promise<void> {
  cpSync(fixture(`gpt2/${checkpoint}`), folder, { recursive: true });
  writeFileSync(`${folder}/${name}`, content);
  // What lies in the index may be told by the file that it names.
  const told = name.endsWith(".index.json") ? folder : `${folder}/${name}`;
  await doneOrRefused(told, async () => {
    const { model } = await loadHuggingFace(folder);
    noGrad(() => model.forward(tensor([[1, 2]], { dtype: "int32" })).dataSync());
  });
}

const file = (checkpoint: string, name: string) => readFileSync(fixture(`gpt2/${checkpoint}/${name}`));
const json = (checkpoint: string, name: string) => JSON.parse(file(checkpoint, name).toString()) as unknown;

const types = readFileSync(fixture("types.safetensors"));
fuzz("safetensors", changedSafetensors(types), async (bytes, folder) => {
  const path = `${folder}/types.safetensors`;
  writeFileSync(path, bytes);
  await doneOrRefused(path, () => loadSafetensors(path));
});

for (const [checkpoint, name] of [
  ["plain", "model.safetensors"],
  ["bin", "pytorch_model.bin"],
  ["oldBin", "pytorch_model.bin"],
] as const) {
  const good = file(checkpoint, name);
  const values = name.endsWith(".bin") ? changedPickle(good) : changedSafetensors(good);
  fuzz(`a checkpoint's ${name}: ${checkpoint}`, values, (bytes, folder) => openWith(checkpoint, name, bytes, folder));
}

/** Most of such a file are numbers, in which every change is as good: those in the pickle are what matters. */
function changedPickle(good: Buffer): fc.Arbitrary<Buffer> {
  const start = good.indexOf("ccollections") - 30;
  const end = good.lastIndexOf("torch") + 500;
  return fc.oneof(
    changedBytes(good.subarray(start, end)).map((part) =>
      Buffer.concat([good.subarray(0, start), part, good.subarray(end)]),
    ),
    changedBytes(good.subarray(-2000)).map((part) => Buffer.concat([good.subarray(0, -2000), part])),
    changedBytes(good),
  );
}

for (const [checkpoint, name] of [
  ["plain", "config.json"],
  ["sharded", "model.safetensors.index.json"],
] as const) {
  fuzz(`a checkpoint's ${name}`, changedJsonFile(json(checkpoint, name)), (bytes, folder) => {
    if (name !== "config.json") return openWith(checkpoint, name, bytes, folder);
    cpSync(fixture(`gpt2/${checkpoint}`), folder, { recursive: true });
    writeFileSync(`${folder}/config.json`, bytes);
    // A size that does not fit is told by the weights.
    return doneOrRefused(folder, () => loadHuggingFace(folder));
  });
}
