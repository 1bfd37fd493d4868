import { existsSync } from "node:fs";
import { downloadProgress, megabytes } from "../output.ts";
import { type ModelEntry, models } from "./catalog.ts";
import { fetchedModel, fetchModel, type ModelFetch } from "./fetch.ts";
import { hubAddress, isRepository } from "./hub.ts";

/** What a command that opens a model may be told. */
export interface ResolveOptions extends Partial<ModelFetch> {
  readonly json?: boolean;
  readonly catalog?: readonly ModelEntry[];
}

/** The folder of a model that is here: one that comes with Lectern, or was fetched. */
export async function modelHere(choice: string, options: ResolveOptions = {}): Promise<string | undefined> {
  const entry = find(choice, options);
  if (entry?.folder !== undefined) return entry.folder;
  const repository = entry?.repository ?? (isRepository(choice) ? choice : undefined);
  const { cacheFolder } = options;
  return repository === undefined ? undefined : fetchedModel(repository, { revision: entry?.revision, cacheFolder });
}

/**
 * The folder that a command's `<run>` means: itself where it is there; that of a model with a name, which is downloaded at its first
 * use, and says so; that of a repository that was fetched. Anything else stays as it is, and is told by whoever opens it.
 */
export async function modelPath(choice: string, options: ResolveOptions = {}): Promise<string> {
  if (existsSync(choice)) return choice;
  const here = await modelHere(choice, options);
  if (here !== undefined) return here;
  const entry = find(choice, options);
  return entry === undefined ? choice : fetchEntry(entry, options);
}

const find = (choice: string, { catalog = models }: ResolveOptions) => catalog.find(({ name }) => name === choice);

/** Downloads a model that has a name. */
export function fetchEntry(entry: ModelEntry, options: ResolveOptions = {}): Promise<string> {
  const hub = options.hub ?? hubAddress();
  const { repository = "", revision = "main" } = entry;
  return fetchModel(
    { repository, revision, known: entry },
    {
      ...{ hub, announce: announcing(entry, hub), onProgress: downloadProgress(options.json ?? false) },
      ...options,
    },
  );
}

/** Says what is going to be downloaded, on standard error. */
export const announcing =
  ({ name, licence }: Pick<ModelEntry, "name"> & Partial<Pick<ModelEntry, "licence">>, hub: string) =>
  (bytes: number, folder: string): void => {
    const terms = licence === undefined ? "" : ` (${licence})`;
    console.error(`${name}${terms}: ${megabytes(bytes)} are downloaded from ${new URL(hub).host} to ${folder}`);
  };
