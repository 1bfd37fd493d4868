export { GELU, ReLU, Sigmoid, SiLU, Tanh } from "./activations.ts";
export { BatchNorm1d, BatchNorm2d, type BatchNormOptions } from "./batchNorm.ts";
export { Conv1d, Conv2d, type ConvOptions } from "./convolution.ts";
export { CrossAttention } from "./crossAttention.ts";
export { Dropout } from "./dropout.ts";
export { Embedding } from "./embedding.ts";
export { evaluation } from "./evaluation.ts";
export { FeedForward, type FeedForwardOptions } from "./feedForward.ts";
export { freeze } from "./freeze.ts";
export * from "./init.ts";
export { KeyValueCache, type KeyValueCacheOptions, type LayerCache } from "./keyValueCache.ts";
export { LayerNorm } from "./layerNorm.ts";
export { Linear } from "./linear.ts";
export { addLoRA, LoRALinear, type LoRAOptions, loraLayers, mergeLoRA } from "./lora.ts";
export * from "./losses.ts";
export { TransformerClassifier, type TransformerClassifierOptions } from "./models/classifier.ts";
export { EncoderDecoder, type EncoderDecoderOptions } from "./models/encoderDecoder.ts";
export { GPT, type GPTOptions } from "./models/gpt.ts";
export { kindOf, type ModelKind, modelKind, modelKinds, type RegisteredModel, registerModel } from "./models/kinds.ts";
export { checked, type OptionsOf, type Schema, shown, type Zod } from "./models/schema.ts";
export { type Layer, type LoadReport, Module, type StateDict } from "./module.ts";
export { type AttentionMasks, MultiHeadAttention, type MultiHeadAttentionOptions } from "./multiHeadAttention.ts";
export { type BufferOptions, buffer, parameter } from "./parameter.ts";
export { GlobalAveragePooling, GlobalMaxPooling, type Pooling } from "./pooling.ts";
export { PositionalEmbedding, SinusoidalEncoding } from "./positions.ts";
export {
  GRU,
  LSTM,
  type LSTMState,
  type RecurrentOptions,
  type RecurrentOutput,
  RNN,
  type RNNOptions,
} from "./recurrent.ts";
export { RMSNorm } from "./rmsNorm.ts";
export { RotaryPositions } from "./rotary.ts";
export { SelfAttention } from "./selfAttention.ts";
export { Sequential } from "./sequential.ts";
export { SingleHeadAttention } from "./singleHeadAttention.ts";
export { withoutInitialising } from "./space.ts";
export { TransformerBlock, type TransformerBlockOptions } from "./transformerBlock.ts";
export {
  DecoderBlock,
  type DecoderMasks,
  TransformerDecoder,
  TransformerEncoder,
  type TransformerStackOptions,
} from "./transformerStacks.ts";
export * from "./windowPooling.ts";
