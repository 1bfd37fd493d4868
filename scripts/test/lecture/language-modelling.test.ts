import { testExperiment } from "./testExperiment.ts";

await testExperiment("language-modelling");
