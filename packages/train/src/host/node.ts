import { basename, dirname } from "node:path";
import { progressBar } from "../progressBar.ts";
import { FolderStore } from "../store/folder.ts";
import { StoredFile } from "../store/store.ts";
import type { Host } from "./host.ts";

export const host: Host = {
  openStore: (path) => new FolderStore(path),
  file: (path) => new StoredFile(new FolderStore(dirname(path)), basename(path)),
  progressBar: (log) => (process.stderr.isTTY ? progressBar(log) : undefined),
  onInterrupt(tell) {
    process.once("SIGINT", tell);
    return () => process.removeListener("SIGINT", tell);
  },
};
