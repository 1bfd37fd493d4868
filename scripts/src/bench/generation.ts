import { manualSeed, random } from "@lectern/autograd";
import { GPT } from "@lectern/nn";
import { generateTokens } from "@lectern/train";
import type { Case } from "./measurement.ts";
import { time } from "./timing.ts";
import { workloads } from "./workloads.ts";

/** Tokens drawn from models with random weights, which cost as much as those of a trained one. */
export async function measureGeneration(steps?: number): Promise<Case[]> {
  const cases: Case[] = [];
  const { models, temperature, topK } = workloads.generation;
  for (const { name, model: size, streams, prompt, tokens, window } of workloads.generation.cases) {
    manualSeed(0);
    const model = new GPT(models[size]);
    const { vocabulary } = models[size];
    const prompts = Array.from({ length: streams }, () =>
      Array.from({ length: prompt }, () => Math.floor(random() * vocabulary)),
    );
    const run = async () => {
      await generateTokens(model, prompts, { tokens, window, temperature, topK, seed: 0 });
    };
    cases.push({ name, ...(await time(run, workloads.timing.generation, steps)), tokens: streams * tokens });
  }
  return cases;
}
