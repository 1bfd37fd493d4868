import { UsageError } from "../errors.ts";
import { type ModelEntry, models } from "../models/catalog.ts";
import { fetchedCommit, fetchedModel, fetchModel } from "../models/fetch.ts";
import { hubAddress, isRepository } from "../models/hub.ts";
import { announcing } from "../models/resolve.ts";
import { downloadProgress, megabytes, output, table } from "../output.ts";

/** `lectern model list`: every model with a name, and whether it is here. */
export async function modelList({ json }: { json: boolean }): Promise<void> {
  const out = output(json);
  const rows: string[][] = [];
  for (const entry of models) {
    const { name, title, licence, repository, revision, size } = entry;
    const folder = await folderOf(entry);
    out.event("model", { name, title, licence, repository, revision, size, folder, available: folder !== undefined });
    const download = size === undefined ? "download" : `download, ${megabytes(size)}`;
    rows.push([name, folder === undefined ? download : "here", licence, title]);
  }
  out.say(table([["name", "state", "licence", "what it is"], ...rows]));
  out.say(
    "\nAny folder with GPT-2's architecture in Hugging Face's layout is a model too, and so is a repository on the hub: `lectern model fetch <owner>/<name>`.",
  );
  out.event("done", { models: models.length });
}

const folderOf = async ({ folder, repository, revision }: ModelEntry): Promise<string | undefined> =>
  folder ?? fetchedModel(repository ?? "", { revision });

/** `lectern model fetch`: brings a model into the cache; what an interrupted download left is used. */
export async function modelFetch({
  name,
  hub: address,
  revision,
  json,
}: {
  name: string;
  hub?: string;
  revision?: string;
  json: boolean;
}): Promise<void> {
  const out = output(json);
  const entry = models.find((known) => known.name === name);
  if (entry?.folder !== undefined) {
    out.say(`${name} comes with Lectern and needs no download: it is at ${entry.folder}`);
    out.event("done", { name, path: entry.folder });
    return;
  }
  const repository = entry?.repository ?? name;
  if (!isRepository(repository)) {
    const names = models.map((known) => known.name).join(", ");
    throw new UsageError(
      `no model is called ${JSON.stringify(name)}; known are ${names}, or name a repository: owner/name`,
    );
  }
  const hub = hubAddress(address);
  const path = await fetchModel(
    {
      repository,
      revision: revision ?? entry?.revision ?? "main",
      // Another revision has other weights.
      known: revision === undefined ? entry : undefined,
    },
    { hub, announce: announcing(entry ?? { name }, hub), onProgress: downloadProgress(json) },
  );
  const commit = await fetchedCommit(path);
  out.say(`${name} is at ${path}`);
  out.event("done", { name, path, repository, commit });
}
