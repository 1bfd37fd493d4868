import { testExperiment } from "./testExperiment.ts";

await testExperiment("cnn-architectures");
