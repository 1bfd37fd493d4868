import { StoreError } from "./store/store.ts";

const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 300_000;
/** So often a training tries to save at its end. */
const LAST_TRIES = 3;

/** What is written again and again; each waits for itself, for a line of metrics may find room where a checkpoint does not. */
type Work = "metrics" | "checkpoint" | "best weights";

interface Trouble {
  readonly failures: number;
  /** When it may be tried again, by the clock of `performance.now()`. */
  readonly again: number;
}

/** What keeps a training going while its disk is full or gone: what fails is told, and tried again after pauses that grow. */
export class DiskPatience {
  readonly #tell: (message: string) => void;
  readonly #troubles = new Map<Work, Trouble>();

  constructor(tell: (message: string) => void) {
    this.#tell = tell;
  }

  /** Whether this failed, and its pause is over. */
  isDue(what: Work): boolean {
    const trouble = this.#troubles.get(what);
    return trouble !== undefined && performance.now() >= trouble.again;
  }

  /** Does the work, and says whether it could be done. Errors: those that are none of the disk's. */
  async attempt(what: Work, work: () => Promise<void>): Promise<boolean> {
    try {
      await work();
    } catch (error) {
      if (!(error instanceof StoreError)) throw error;
      const { failures } = this.#troubles.get(what) ?? { failures: 0 };
      const pause = Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** failures);
      this.#troubles.set(what, { failures: failures + 1, again: performance.now() + pause });
      this.#tell(`warning: ${error.message}; the training goes on, and tries again after ${pause / 1000} s`);
      return false;
    }
    // The best weights are written when there are better ones, and not for having failed.
    if (what === "checkpoint") this.#troubles.delete("best weights");
    if (this.#troubles.delete(what) && this.#troubles.size === 0)
      this.#tell("what could not be written is written now");
    return true;
  }

  /** The same at the end of everything, where there is no later. Errors: it could not be done. */
  async insist(what: Work, work: () => Promise<void>): Promise<void> {
    const trouble = this.#troubles.get(what);
    if (trouble !== undefined) {
      this.#troubles.set(what, { ...trouble, failures: Math.min(trouble.failures, LAST_TRIES) });
    }
    for (let left = LAST_TRIES - 1; left > 0; left--) {
      if (await this.attempt(what, work)) return;
      await new Promise((resolve) => setTimeout(resolve, FIRST_PAUSE_MS * (LAST_TRIES - left)));
    }
    await work();
  }
}
