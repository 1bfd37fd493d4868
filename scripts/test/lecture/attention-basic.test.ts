import { testExperiment } from "./testExperiment.ts";

await testExperiment("attention-basic");
