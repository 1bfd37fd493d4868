import { BrowserStore } from "../store/browser.ts";
import { StoredFile } from "../store/store.ts";
import type { Host } from "./host.ts";

/** A page has callbacks to draw with, and an AbortSignal to stop with. */
export const host: Host = {
  openStore: (path) => new BrowserStore(path),
  file(path) {
    const at = path.lastIndexOf("/");
    return new StoredFile(new BrowserStore(path.slice(0, Math.max(0, at))), path.slice(at + 1));
  },
  memory: () => undefined,
  progressBar: () => undefined,
  onInterrupt: () => () => {},
};
