import { testExperiment } from "./testExperiment.ts";

await testExperiment("gpt-steps");
