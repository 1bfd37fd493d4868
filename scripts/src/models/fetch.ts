import { readdir, readFile, rename, stat, statfs, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { DownloadProgress } from "@lectern/datasets";
import { defaultCacheFolder, download, isWhole } from "@lectern/datasets/node";
import { megabytes } from "../output.ts";
import type { ModelEntry } from "./catalog.ts";
import { describeRevision, fileAddress, type HubFile, type Revision } from "./hub.ts";

/** Written when a model is there as a whole; says which files of which commit these are. */
const MANIFEST = "fetched.json";

/** What is fetched. */
export interface ModelSource {
  readonly repository: string;
  /** A commit, a branch or a tag. */
  readonly revision: string;
  /** What is known of its weights beforehand. */
  readonly known?: Pick<ModelEntry, "sha256" | "size">;
}

export interface ModelFetch {
  readonly hub: string;
  /** Where downloads are kept; `defaultCacheFolder()` unless given. */
  readonly cacheFolder?: string;
  /** Is told what is going to be downloaded, before it is. */
  readonly announce?: (bytes: number, folder: string) => void;
  readonly onProgress?: (progress: DownloadProgress) => void;
}

/** Where a repository's models are kept, a folder for each commit. */
function folderOf(repository: string, cacheFolder = defaultCacheFolder()): string {
  return join(cacheFolder, "models", repository.replace("/", "--"));
}

/** The folder of a model that was fetched: of a commit, or of the one that was fetched last. Needs no network. */
export async function fetchedModel(
  repository: string,
  { revision = "", cacheFolder }: { revision?: string; cacheFolder?: string } = {},
): Promise<string | undefined> {
  const folder = folderOf(repository, cacheFolder);
  const names = await readdir(folder).catch(() => []);
  const wanted = /^[0-9a-f]{40}$/.test(revision) ? names.filter((name) => name === revision) : names;
  let newest: { path: string; time: number } | undefined;
  for (const name of wanted) {
    const path = join(folder, name);
    const time = (await stat(join(path, MANIFEST)).catch(() => undefined))?.mtimeMs;
    if (time !== undefined && time > (newest?.time ?? -1)) newest = { path, time };
  }
  return newest?.path;
}

/**
 * Fetches a model from a hub, and gives its folder. Files that are there already are compared with their checksums and kept; a
 * download that was interrupted goes on. Errors: what `describeRevision` and `download` say, a repository without a model, weights
 * that are not the known ones, a disk that is too small.
 */
export async function fetchModel(
  { repository, revision, known }: ModelSource,
  { hub, cacheFolder, announce, onProgress }: ModelFetch,
): Promise<string> {
  const found = await describeRevision(hub, repository, revision);
  const files = modelFiles(found);
  if (known?.sha256 !== undefined) assertKnown(found, files, known.sha256);
  const folder = join(folderOf(repository, cacheFolder), found.commit);
  const missing: HubFile[] = [];
  for (const file of files) if (!(await isWhole(join(folder, file.name), remote(hub, found, file)))) missing.push(file);
  const bytes = missing.reduce((sum, { size }) => sum + size, 0);
  if (bytes > 0) announce?.(bytes, folder);
  await assertRoom(cacheFolder ?? defaultCacheFolder(), bytes);
  for (const file of missing) await download(remote(hub, found, file), join(folder, file.name), { onProgress });
  const manifest = join(folder, MANIFEST);
  await writeFile(`${manifest}.tmp`, `${JSON.stringify({ repository, commit: found.commit, files }, undefined, 2)}\n`);
  await rename(`${manifest}.tmp`, manifest);
  return folder;
}

const remote = (hub: string, revision: Revision, file: HubFile) => ({
  ...file,
  name: `${revision.repository} ${file.name}`,
  url: fileAddress(hub, revision, file),
});

const WEIGHTS = ["model.safetensors", "pytorch_model.bin"];

/** The files that make a model: sizes, weights in the best format that there is, and a tokenizer. Errors: there are none. */
function modelFiles({ repository, files }: Revision): HubFile[] {
  const named = new Map(files.map((file) => [file.name, file]));
  const weights = WEIGHTS.map((name) => {
    const [stem, ending] = [name.replace(/\.\w+$/, ""), name.replace(/^.*\./, "")];
    const shard = new RegExp(`^${stem}-\\d+-of-\\d+\\.${ending}$`);
    const sharded = named.has(`${name}.index.json`) ? files.filter((file) => shard.test(file.name)) : [];
    return named.has(name) ? [name] : sharded.length > 0 ? [`${name}.index.json`, ...sharded.map((f) => f.name)] : [];
  }).find((names) => names.length > 0);
  if (!named.has("config.json") || weights === undefined) {
    throw new Error(
      `${repository} holds no model in a format that is read here: config.json and ${WEIGHTS.join(" or ")}`,
    );
  }
  const tokenizer = named.has("tokenizer.json") ? ["tokenizer.json"] : ["vocab.json", "merges.txt"];
  return ["config.json", ...tokenizer, ...weights].flatMap((name) => named.get(name) ?? []);
}

/** Errors: the hub has other weights than are known. */
function assertKnown({ repository, commit }: Revision, files: readonly HubFile[], sha256: string): void {
  if (files.some(({ checksum }) => checksum === `sha256:${sha256}`)) return;
  throw new Error(
    `${repository}: the hub's weights at ${commit.slice(0, 12)} are not those that are known (sha256 ${sha256}); nothing was downloaded`,
  );
}

/** Errors: the disk has not so many bytes left. */
async function assertRoom(folder: string, bytes: number): Promise<void> {
  if (bytes === 0) return;
  let place = folder;
  while ((await stat(place).catch(() => undefined)) === undefined && place !== join(place, ".."))
    place = join(place, "..");
  const { bavail, bsize } = await statfs(place);
  if (bavail * bsize >= bytes) return;
  throw new Error(
    `${folder}: ${megabytes(bytes)} are to be downloaded, and the disk has ${megabytes(bavail * bsize)} left; make room, or set LECTERN_CACHE to another folder`,
  );
}

/** What a fetched folder holds. */
export async function fetchedCommit(folder: string): Promise<string> {
  return (JSON.parse(await readFile(join(folder, MANIFEST), "utf8")) as { commit: string }).commit;
}
