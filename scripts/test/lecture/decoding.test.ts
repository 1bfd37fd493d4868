import { testExperiment } from "./testExperiment.ts";

await testExperiment("decoding");
