import { join } from "node:path";
import { defaultCacheFolder } from "@lectern/datasets/node";

/** Where a model of GPT-2's size with random weights is kept: 500 MB, for ourselves and for the peers. */
export const gpt2Folder = (): string => join(defaultCacheFolder(), "bench", "gpt2-random");
