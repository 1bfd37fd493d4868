import { StoreError } from "./store/store.ts";

const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 300_000;
/** So often a training tries to save at its end. */
const LAST_TRIES = 3;

/** What keeps a training going while its disk is full or gone: what fails is told, and tried again after pauses that grow. */
export class DiskPatience {
  readonly #tell: (message: string) => void;
  #failures = 0;
  #again = 0;

  constructor(tell: (message: string) => void) {
    this.#tell = tell;
  }

  /** Whether something failed whose pause is over. */
  isDue(): boolean {
    return this.#failures > 0 && performance.now() >= this.#again;
  }

  /** Does the work, and says whether it could be done. Errors: those that are none of the disk's. */
  async attempt(work: () => Promise<void>): Promise<boolean> {
    try {
      await work();
    } catch (error) {
      if (!(error instanceof StoreError)) throw error;
      const pause = Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** this.#failures++);
      this.#again = performance.now() + pause;
      this.#tell(`warning: ${error.message}; the training goes on, and tries again after ${pause / 1000} s`);
      return false;
    }
    if (this.#failures > 0) this.#tell("what could not be written is written now");
    this.#failures = 0;
    return true;
  }

  /** The same at the end of everything, where there is no later. Errors: it could not be done. */
  async insist(work: () => Promise<void>): Promise<void> {
    for (let left = LAST_TRIES - 1; left > 0; left--) {
      this.#failures = Math.min(this.#failures, LAST_TRIES);
      if (await this.attempt(work)) return;
      await new Promise((resolve) => setTimeout(resolve, FIRST_PAUSE_MS * (LAST_TRIES - left)));
    }
    await work();
  }
}
