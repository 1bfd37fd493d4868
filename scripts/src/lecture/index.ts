/** What an experiment of one's own is written with: `lectern/lecture` in the published package. */
export * from "../report/figures.ts";
export { inOneLanguage, type Language } from "../report/language.ts";
export { above, atLeast, atMost, below, type Comparison, equal, type Verdict } from "./claims.ts";
export { defineExperiment, type Experiment, type RunContext, type Telling, tellings, type View } from "./experiment.ts";
