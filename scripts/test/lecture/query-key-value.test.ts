import { testExperiment } from "./testExperiment.ts";

await testExperiment("query-key-value");
