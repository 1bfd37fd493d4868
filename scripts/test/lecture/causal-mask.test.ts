import { testExperiment } from "./testExperiment.ts";

await testExperiment("causal-mask");
