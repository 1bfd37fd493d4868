/** Sees that a training ends in time: what a round has taken at most, with its evaluation and checkpoint, is kept in reserve. */
export class Clock {
  readonly #end: number;
  #longest = 0;

  /** Errors: a limit in seconds that is not above 0. */
  constructor(seconds = Number.POSITIVE_INFINITY) {
    if (!(seconds > 0)) throw new RangeError(`Trainer: timeLimit is ${seconds}, it has to be above 0 seconds`);
    this.#end = performance.now() + seconds * 1000;
  }

  /** Whether another round, and a last one to save in, might not end in time. */
  isUp(): boolean {
    // One at least: a training that has done nothing has nothing to save.
    return this.#longest > 0 && performance.now() + 2 * this.#longest >= this.#end;
  }

  async round(work: () => Promise<void>): Promise<void> {
    const start = performance.now();
    await work();
    this.#longest = Math.max(this.#longest, performance.now() - start);
  }
}
