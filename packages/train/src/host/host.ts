import type { ProgressDisplay } from "../progress.ts";
import type { Store, StoredFile } from "../store/store.ts";

/**
 * What training needs of its surroundings. `#host` is `node.ts` there and `browser.ts` in a bundle for browsers: the
 * field `imports` of package.json says so, and so neither is in the other's graph.
 */
export interface Host {
  /** The store that a path means. */
  openStore(path: string): Store;
  /** Bytes of memory that this process can have at most; undefined where nobody says. */
  memory(): number | undefined;
  /** The file that a path means. */
  file(path: string): StoredFile;
  /** A display that draws, where there is something to draw on; messages go to `log` where it is given. */
  progressBar(log?: (message: string) => void): ProgressDisplay | undefined;
  /**
   * Calls `tell` with a signal's name when somebody wants the program to stop: Ctrl-C, SIGTERM, or SIGHUP for a closed
   * terminal. Once: the next signal does what it does by itself. Gives what ends the listening.
   */
  onInterrupt(tell: (signal: string) => void): () => void;
}
