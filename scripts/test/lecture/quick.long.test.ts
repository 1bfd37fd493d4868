import { describe, expect, it } from "vitest";
import { allExperiments } from "../../src/lecture/registry.ts";
import { runExperiment } from "../../src/lecture/runExperiment.ts";

const experiments = (await allExperiments()).map(({ experiment }) => experiment);

describe.each(experiments)("the claims of $id", (experiment) => {
  it.each([0, 1, 2, 3, 4])("hold under --quick with seed %d", async (seed) => {
    const { claims } = await runExperiment(experiment, { size: "quick", seed });
    expect(claims.filter(({ holds }) => !holds)).toEqual([]);
  });
});
