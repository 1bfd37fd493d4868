import { testExperiment } from "./testExperiment.ts";

await testExperiment("layer-norm");
