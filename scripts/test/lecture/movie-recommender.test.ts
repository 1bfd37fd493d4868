import { testExperiment } from "./testExperiment.ts";

await testExperiment("movie-recommender");
