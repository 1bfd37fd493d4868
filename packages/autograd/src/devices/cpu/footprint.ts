import type { Strided } from "../../device.ts";
import { sizeOf } from "../../shape.ts";
import { BYTES, blockOf } from "./addresses.ts";
import { DEPENDS } from "./control.mjs";

/** What a job touches of a block of memory. */
interface Touch {
  /** The block's address. */
  readonly block: number;
  readonly writes: boolean;
  /** Bytes of a row where each part touches its own rows alone, counted from the block's start; else 0. */
  readonly rowBytes: number;
}

/**
 * What a job reads and writes, from which follows which jobs may run side by side, and which part by part. Blocks that are
 * given back may be handed out again at once, so two jobs conflict over a block whatever tensors lay in it. It is written
 * down once, `new Footprint(rows).reads(x).writesRows(out)`; being queued does not change it.
 */
export class Footprint {
  readonly rows: number;
  readonly height: number;
  readonly #touches: Touch[];
  /** A bit for each block, which others may share: footprints without a bit in common have no block in common. */
  #bits = 0;

  /**
   * @param rows into which the job can be cut, each part touching its own rows of some operands; 0 where it cannot.
   * @param height rows of a part, where units are such parts already; else 0.
   */
  constructor(rows = 0, height = 0, touches: Touch[] = []) {
    this.rows = rows;
    this.height = height;
    this.#touches = touches;
    for (const { block } of touches) this.#bits |= bitOf(block);
  }

  get touches(): readonly Touch[] {
    return this.#touches;
  }

  /** Whether both may touch the same block: a quick look that says no in most cases where they do not. */
  mayMeet(other: Footprint): boolean {
    return (this.#bits & other.#bits) !== 0;
  }

  /** The same of a job that is cut into parts of so many rows, or, where that is 0, not along them. */
  cutAt(height: number): Footprint {
    return height === this.height ? this : new Footprint(this.rows, height, this.#touches);
  }

  reads(...operands: (Strided | undefined)[]): this {
    for (const x of operands) if (x !== undefined) this.touch(blockOf(x), false, 0);
    return this;
  }

  writes(...operands: (Strided | undefined)[]): this {
    for (const x of operands) if (x !== undefined) this.touch(blockOf(x), true, 0);
    return this;
  }

  /** Operands of which a part reads its own rows alone. */
  readsRows(...operands: Strided[]): this {
    for (const x of operands) this.touch(blockOf(x), false, this.rowBytesOf(x));
    return this;
  }

  writesRows(...operands: Strided[]): this {
    for (const x of operands) this.touch(blockOf(x), true, this.rowBytesOf(x));
    return this;
  }

  touch(block: number, writes: boolean, rowBytes: number): this {
    this.#touches.push({ block, writes, rowBytes });
    this.#bits |= bitOf(block);
    return this;
  }

  /** Rows are counted from the block's start, so an operand that begins elsewhere counts as a whole. */
  private rowBytesOf({ offset, shape }: Strided): number {
    return offset === 0 && this.rows > 0 ? (BYTES * sizeOf(shape)) / this.rows : 0;
  }
}

/** Blocks lie at multiples of 64 bytes; by Fibonacci hashing. */
const bitOf = (block: number) => 1 << (Math.imul(block >>> 6, 0x9e3779b1) >>> 27);

/** How a job depends on an earlier one; undefined stands for one that may touch anything. */
export function dependency(later: Footprint | undefined, earlier: Footprint | undefined): number {
  if (later === undefined || earlier === undefined) return DEPENDS.wholly;
  if (!later.mayMeet(earlier)) return DEPENDS.not;
  let found = DEPENDS.not;
  const sameCuts = later.height > 0 && later.height === earlier.height && later.rows === earlier.rows;
  for (const a of later.touches) {
    for (const b of earlier.touches) {
      if (a.block !== b.block || !(a.writes || b.writes)) continue;
      if (!sameCuts || a.rowBytes === 0 || a.rowBytes !== b.rowBytes) return DEPENDS.wholly;
      found = DEPENDS.byParts;
    }
  }
  return found;
}
