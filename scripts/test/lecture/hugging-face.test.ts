import { testExperiment } from "./testExperiment.ts";

await testExperiment("hugging-face");
