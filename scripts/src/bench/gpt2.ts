import { existsSync } from "node:fs";
import { join } from "node:path";
import { manualSeed } from "@lectern/autograd";
import { GPT } from "@lectern/nn";
import { generateTokens, loadHuggingFace, saveHuggingFace } from "@lectern/train";
import { gpt2Folder } from "./gpt2Folder.ts";
import type { Case } from "./measurement.ts";
import { time } from "./timing.ts";
import { workloads } from "./workloads.ts";

/** Writes it where it is not there. */
async function writeGpt2(folder: string): Promise<void> {
  if (existsSync(join(folder, "config.json"))) return;
  const { vocabulary, layers, heads, width, context } = workloads.gpt2;
  manualSeed(0);
  const model = new GPT({ vocabulary, layers, heads, width, context, bias: true, activation: "geluTanh" });
  await saveHuggingFace(folder, model);
}

/** The prompt that the peers are given too. */
function prompt(): number[] {
  const { vocabulary, prompt: length } = workloads.gpt2;
  return Array.from({ length }, (_, i) => (i * 7919) % vocabulary);
}

/** GPT-2's real size, from a folder as `transformers` writes it: how long loading takes, and greedy tokens with a cache. */
export async function measureGpt2(steps?: number): Promise<Case[]> {
  const folder = gpt2Folder();
  await writeGpt2(folder);
  const begun = performance.now();
  const { model } = await loadHuggingFace(folder);
  const loaded = performance.now() - begun;
  const { tokens } = workloads.gpt2;
  const run = async () => void (await generateTokens(model, [prompt()], { tokens, strategy: "greedy" }));
  return [
    { name: "load", ms: loaded, minMs: loaded },
    { name: `${tokens} tokens`, ...(await time(run, workloads.timing.generation, steps)), tokens },
  ];
}
