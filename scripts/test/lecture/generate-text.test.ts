import { testExperiment } from "./testExperiment.ts";

await testExperiment("generate-text");
