import { describe, it } from "vitest";
import { trainThroughKills } from "./kills.ts";

describe("a training whose process is killed again and again, every other time while it writes a checkpoint", () => {
  it.each([
    ["gpt", "cpu", 40],
    ["classifier", "cpu", 30],
    ["gpt", "gpu", 20],
    ["classifier", "gpu", 10],
  ] as const)("of a %s on the %s device ends, to the bit, as one that nobody disturbed", (model, device, kills) =>
    trainThroughKills({ model, device, steps: 6 * kills }, kills, `${kills} kills of a ${model}`),
  );
});
