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
  Split,
  Task,
  Text,
  TextCorpus,
  TextOptions,
} from "./entry.ts";
export { findDataset, listDatasets } from "./find.ts";
export { loadCorpus, loadImages, loadLabelled, loadText } from "./load.ts";
export { decodeText } from "./readers/decode.ts";
export { memorySource, type Source, type SourceFolder } from "./source.ts";
