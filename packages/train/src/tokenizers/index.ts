export { type BPEOptions, BPETokenizer, END_OF_TEXT } from "./bpe/bpe.ts";
export type { Merge } from "./bpe/learn.ts";
export { ByteTokenizer } from "./bytes.ts";
export { CharTokenizer, countCharacters } from "./characters.ts";
export { type StreamDecoder, streamDecoder } from "./decoder.ts";
export { loadTokenizer, saveTokenizer } from "./files.ts";
export { learnTokenizer, registerTokenizer, tokenizerFromJSON, tokenizerNames, tokenizerToJSON } from "./kinds.ts";
export {
  encodeText,
  type LearnOptions,
  type SpecialTokens,
  type Text,
  type Tokenizer,
  type TokenizerJSON,
  type TokenizerKind,
} from "./tokenizer.ts";
export { splitWords, WordTokenizer } from "./words.ts";
