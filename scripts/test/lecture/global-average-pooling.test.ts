import { testExperiment } from "./testExperiment.ts";

await testExperiment("global-average-pooling");
