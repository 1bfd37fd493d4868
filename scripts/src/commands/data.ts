import { listDatasets } from "@lectern/datasets";
import { fetchDataset, isAvailable } from "@lectern/datasets/node";
import { UsageError } from "../errors.ts";
import { downloadProgress, megabytes, output, table } from "../output.ts";

/** `lectern data list`: every data set with a name, and whether it is here. */
export function dataList({ json }: { json: boolean }): void {
  const out = output(json);
  const rows = listDatasets().map((entry) => {
    const { name, task, title, source, licence, offline, size } = entry;
    const available = isAvailable(name);
    out.event("dataset", { name, task, title, source, licence, offline, available, size });
    const download = size === undefined ? "download" : `download, ${megabytes(size)}`;
    return [name, task, available ? "here" : download, title];
  });
  out.say(table([["name", "task", "state", "what it is"], ...rows]));
  out.say(
    "\nAny text file is data for `train char`, any CSV or TSV with a text and a label column for `train classify`, JSON lines or TSV with prompts and answers for `train text`.",
  );
  out.event("done", { datasets: rows.length });
}

/** `lectern data fetch`: brings a data set into the cache; what an interrupted download left is used. */
export async function dataFetch({ name, json }: { name: string; json: boolean }): Promise<void> {
  const out = output(json);
  const names = listDatasets().map((entry) => entry.name);
  if (!names.includes(name)) throw new UsageError(`no data set is called "${name}"; known are ${names.join(", ")}`);
  const path = await fetchDataset(name, { onProgress: downloadProgress(json) });
  if (path === undefined) out.say(`${name} comes with Lectern and needs no download`);
  else out.say(`${name} is at ${path}`);
  out.event("done", { name, path });
}
