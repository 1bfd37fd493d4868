import { describe, it } from "vitest";
import { trainThroughKills } from "./kills.ts";

describe("a training whose process is killed five times, three of them while it writes a checkpoint", () => {
  it.each(["gpt", "classifier"] as const)(
    "of a %s ends, to the bit, as one that nobody disturbed",
    (model) => trainThroughKills({ model, device: "cpu", steps: 40 }, 5, `five kills of a ${model}`),
    180_000,
  );
});
