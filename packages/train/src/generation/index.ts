export type { BeamStep, ExplainedBeams, ExplainedChoice } from "./explain.ts";
export type { SamplingOptions } from "./filters.ts";
export { type GenerateTokensOptions, generateScored, generateTokens } from "./generate.ts";
export {
  type GenerateOptions,
  type GenerateTextsOptions,
  generate,
  generateScoredTexts,
  generateTexts,
  type ScoredText,
} from "./generateText.ts";
export type { Growth } from "./predictor.ts";
export type { CachingLanguageModel, GenerationState, LanguageModel } from "./state.ts";
export { registerStrategy, strategyNames } from "./strategies.ts";
export type { BeamOptions, Continuation, Search, SearchOptions, Strategy } from "./strategy.ts";
