import { testExperiment } from "./testExperiment.ts";

await testExperiment("classify-imdb");
