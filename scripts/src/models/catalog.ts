import { fileURLToPath } from "node:url";

/** A model that has a name. */
export interface ModelEntry {
  readonly name: string;
  readonly title: string;
  readonly licence: string;
  /** Its folder, where it comes with Lectern. */
  readonly folder?: string;
  /** Where it is on a hub, and at which commit: the files of a commit never change. */
  readonly repository?: string;
  readonly revision?: string;
  /** Bytes of its weights. */
  readonly size?: number;
  /** The SHA-256 of its weights, where it is known from elsewhere than the hub itself. */
  readonly sha256?: string;
}

/**
 * Every model with a name. Revisions, sizes and checksums are not Lectern's own: a comment says where they come from. What is
 * not known here is taken from the hub's own list of the revision's files.
 */
export const models: readonly ModelEntry[] = [
  {
    name: "moby-small",
    title: "207,000 parameters, trained on Moby-Dick (scripts/makeMobySmall.ts)",
    licence: "MIT; text in the public domain",
    folder: fileURLToPath(new URL("../../../models/moby-small", import.meta.url)),
  },
  {
    name: "gpt2",
    title: "GPT-2, 124 million parameters, English (Radford et al., 2019)",
    licence: "MIT",
    repository: "openai-community/gpt2",
    // The commit, the size and the checksum of model.safetensors, as many projects pin them independently.
    revision: "607a30d783dfa663caf39e06633721c8d4cfcd7e",
    size: 548_105_171,
    sha256: "248dfc3911869ec493c76e65bf2fcf7f615828b0254c12b473182f0f81d3a707",
  },
  {
    name: "distilgpt2",
    title: "GPT-2 distilled to 82 million parameters, English (Sanh et al., 2019)",
    licence: "Apache-2.0",
    repository: "distilbert/distilgpt2",
    // As above.
    revision: "2290a62682d06624634c1f46a6ad5be0f47f38aa",
    size: 352_824_413,
    sha256: "e1ff18884359fe8beb795a5f414feb85a6ce3d929ad019c0d958c039d2b94a1b",
  },
  {
    name: "rugpt3-small",
    title: "ruGPT-3 small, 125 million parameters, Russian (Zmitrovich et al., 2023)",
    licence: "MIT",
    repository: "ai-forever/rugpt3small_based_on_gpt2",
    // The commit as several projects pin it; it has pytorch_model.bin, whose size and checksum are the hub's word alone.
    revision: "a9307e696cd3c5b7f953ff4cb19d76a4d81821d5",
  },
];
