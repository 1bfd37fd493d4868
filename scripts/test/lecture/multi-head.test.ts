import { testExperiment } from "./testExperiment.ts";

await testExperiment("multi-head");
