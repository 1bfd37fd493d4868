export { defaultCacheFolder, isAvailable } from "./cache.ts";
export type {
  Checksum,
  DatasetEntry,
  Download,
  DownloadProgress,
  Example,
  FetchOptions,
  LabelledCorpus,
  LabelledOptions,
  Task,
  Text,
  TextCorpus,
  TextOptions,
} from "./entry.ts";
export { fetchDataset } from "./fetch.ts";
export { findDataset, listDatasets } from "./find.ts";
export { loadCorpus, loadLabelled, loadText } from "./load.ts";
