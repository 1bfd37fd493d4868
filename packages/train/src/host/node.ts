import { totalmem } from "node:os";
import { basename, dirname } from "node:path";
import { progressBar } from "../progressBar.ts";
import { FolderStore } from "../store/folder.ts";
import { StoredFile } from "../store/store.ts";
import type { Host } from "./host.ts";

const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

export const host: Host = {
  openStore: (path) => new FolderStore(path),
  file: (path) => new StoredFile(new FolderStore(dirname(path)), basename(path)),
  memory() {
    const [total, limit] = [totalmem(), process.constrainedMemory()];
    // Where nothing is limited the limit is 0, or more than there is.
    return limit > 0 ? Math.min(total, limit) : total;
  },
  progressBar: (log) => (process.stderr.isTTY ? progressBar(log) : undefined),
  onInterrupt(tell) {
    const listeners = SIGNALS.map((signal) => {
      const listener = () => {
        stop();
        tell(signal);
      };
      process.on(signal, listener);
      return () => process.removeListener(signal, listener);
    });
    const stop = () => {
      for (const remove of listeners) remove();
    };
    return stop;
  },
};
