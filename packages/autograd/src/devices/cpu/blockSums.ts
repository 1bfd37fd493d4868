import type { Strided } from "../../device.ts";
import { addressOf, BYTES } from "./addresses.ts";
import { Footprint } from "./footprint.ts";
import { Reduce } from "./generated/interface.mjs";
import { ROWS_TOGETHER, runTouching } from "./jobs.ts";
import { machine } from "./machine.ts";

/** Rows whose sums are taken together: fixed, so that no result depends on the number of threads. */
export const HEIGHT = ROWS_TOGETHER;

/**
 * Sums down the columns of [rows, n], taken on the way by a kernel that goes through the rows for another reason: one row
 * of sums for each block of rows, which are then added up. Summing down the columns by itself would read everything again.
 */
export class BlockSums {
  private readonly rows: number;
  private readonly n: number;
  readonly blocks: number;
  /** Where the kernel puts each kind of sums, [blocks, n]. */
  readonly addresses: readonly number[];

  constructor(rows: number, n: number, kinds: number) {
    this.rows = rows;
    this.n = n;
    this.blocks = Math.ceil(rows / HEIGHT);
    const bytes = Math.max(1, this.blocks * n) * BYTES;
    this.addresses = Array.from({ length: kinds }, () => machine().memory.allocate(bytes));
  }

  /** Of the kernel whose units are the blocks. */
  footprint(): Footprint {
    const footprint = new Footprint(this.rows % HEIGHT === 0 ? this.rows : 0);
    for (const address of this.addresses) footprint.touch(address, true, 0);
    return footprint;
  }

  /** Blocks that are worth a thread of their own, where that many elements are. */
  grain(elements: number): number {
    return Math.ceil(elements / Math.max(1, HEIGHT * this.n));
  }

  /** Adds each kind up into its result, [n], where one is wanted, and gives the memory back. */
  addUp(...results: (Strided | undefined)[]): void {
    const units = Math.ceil(this.n / 16);
    this.addresses.forEach((address, i) => {
      const out = results[i];
      if (out !== undefined) {
        const footprint = new Footprint().writes(out).touch(address, false, 0);
        const { blocks, n } = this;
        const never = Number.POSITIVE_INFINITY;
        runTouching(footprint, "reduceColumns", units, never, Reduce.sum, blocks, n, addressOf(out), address);
      }
      machine().memory.release(address);
    });
  }
}
