import { testExperiment } from "./testExperiment.ts";

await testExperiment("conv-rnn-attention");
