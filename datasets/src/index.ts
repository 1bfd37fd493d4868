export type {
  Checksum,
  DatasetEntry,
  Download,
  DownloadProgress,
  Example,
  FetchOptions,
  ImageCorpus,
  ImageOptions,
  LabelledCorpus,
  LabelledImage,
  LabelledOptions,
  Pair,
  PairCorpus,
  PairOptions,
  Split,
  Task,
  Text,
  TextCorpus,
  TextOptions,
} from "./entry.ts";
export { findDataset, isDataset, listDatasets } from "./find.ts";
export { loadCorpus, loadImages, loadLabelled, loadPairs, loadText } from "./load.ts";
export { type ArithmeticOptions, arithmetic, type Operation } from "./readers/arithmetic.ts";
export { decodeText } from "./readers/decode.ts";
export { type StratifiedOptions, stratifiedSplit } from "./readers/split.ts";
export { translation } from "./readers/translation.ts";
export { memorySource, type Source, type SourceFolder } from "./source.ts";
