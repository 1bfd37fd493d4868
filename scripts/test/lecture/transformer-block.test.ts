import { testExperiment } from "./testExperiment.ts";

await testExperiment("transformer-block");
