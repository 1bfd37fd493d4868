import { host } from "#host";
import type { TextCorpus, TextOptions } from "../entry.ts";
import type { Source } from "../source.ts";

/** The split that every published result uses, in bytes. */
const TRAIN = 90_000_000;
const VALIDATION = 5_000_000;
const TEST = 5_000_000;

/**
 * enwik8 as the lecture and the literature take it: byte by byte, 90 million to train on, 5 million each for
 * validation and test.
 */
export async function readEnwik8(archive: Source, options: TextOptions): Promise<TextCorpus<Uint8Array>> {
  if (options.validationShare !== undefined) {
    throw new Error("enwik8 has a split of its own, which results are compared on: leave validationShare out");
  }
  const bytes = await host.fromZip(archive, "enwik8");
  const total = TRAIN + VALIDATION + TEST;
  if (bytes.length !== total) throw new Error(`${archive.name}: enwik8 has ${bytes.length} bytes instead of ${total}`);
  return {
    name: "enwik8",
    train: bytes.subarray(0, TRAIN),
    validation: bytes.subarray(TRAIN, TRAIN + VALIDATION),
    test: bytes.subarray(TRAIN + VALIDATION, total),
  };
}
