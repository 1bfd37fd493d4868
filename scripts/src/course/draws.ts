/** Draws inputs of tests. The same seed draws the same ones, so that a failure can be seen again. */
export class Draws {
  #state: number;

  constructor(seed: number) {
    this.#state = seed >>> 0;
  }

  /** A number of [from, to). (mulberry32: Ettinger, 2017) */
  uniform(from = 0, to = 1): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let t = this.#state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return from + ((to - from) * ((t ^ (t >>> 14)) >>> 0)) / 2 ** 32;
  }

  /** A whole number from `from` to `to`, both included. */
  integer(from: number, to: number): number {
    return from + Math.floor(this.uniform(0, to - from + 1));
  }

  /** Numbers of [from, to), -2 to 2 unless said otherwise. */
  vector(size: number, from = -2, to = 2): number[] {
    return Array.from({ length: size }, () => this.uniform(from, to));
  }

  matrix(rows: number, columns: number, from = -2, to = 2): number[][] {
    return Array.from({ length: rows }, () => this.vector(columns, from, to));
  }

  /** So many matrices. */
  matrices(count: number, rows: number, columns: number, from = -2, to = 2): number[][][] {
    return Array.from({ length: count }, () => this.matrix(rows, columns, from, to));
  }

  /** Whole numbers from `from` to `to`, both included. */
  integers(size: number, from: number, to: number): number[] {
    return Array.from({ length: size }, () => this.integer(from, to));
  }

  choice<T>(of: readonly T[]): T {
    return of[this.integer(0, of.length - 1)];
  }

  /** The same things in another order. (Fisher & Yates) */
  shuffled<T>(of: readonly T[]): T[] {
    const all = [...of];
    for (let i = all.length - 1; i > 0; i--) {
      const j = this.integer(0, i);
      [all[i], all[j]] = [all[j], all[i]];
    }
    return all;
  }
}
