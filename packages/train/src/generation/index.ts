export { type GenerateTokensOptions, generateTokens } from "./generate.ts";
export { type GenerateOptions, type GenerateTextsOptions, generate, generateTexts } from "./generateText.ts";
export type { Growth } from "./predictor.ts";
export type { SamplingOptions } from "./sampling.ts";
export type { CachingLanguageModel, GenerationState, LanguageModel } from "./state.ts";
export {
  registerStrategy,
  type Search,
  type SearchOptions,
  type Strategy,
  strategyNames,
} from "./strategies.ts";
