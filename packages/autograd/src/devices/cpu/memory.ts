/**
 * The memory of the cpu device: one WebAssembly.Memory, shared so that threads can work on it, in which this allocator
 * alone hands out blocks. Freed blocks wait in lists by size for the next one of that size, so that a training step
 * takes nothing from the system once the first has run.
 */

import { inUnits, OutOfMemory } from "../../outOfMemory.ts";
import { addressRoom } from "./addressSpace.ts";

const PAGE = 65536;
const MAX_PAGES = 65536;
const INITIAL_PAGES = 16;
/** The memory grows by at least this much, and by an eighth of what there is. */
const GROWTH = 16 * 2 ** 20;
/** Blocks of up to so many sizes larger than asked for are taken before fresh memory is. */
const LARGER_SIZES = 2;

/** The cpu device's memory, in bytes and blocks. */
export interface MemoryStats {
  /** In blocks that are handed out. */
  readonly bytesInUse: number;
  readonly peakBytes: number;
  /** Taken from the system; it never shrinks. */
  readonly bytesReserved: number;
  readonly blocks: number;
}

interface Region {
  start: number;
  end: number;
}

/** Blocks of one size that wait to be used again. */
interface Shelf {
  readonly size: number;
  readonly blocks: Block[];
}

/** Memory that was handed out at some time: blocks outlive their use, so that a warm step makes none. */
interface Block {
  readonly address: number;
  readonly shelf: Shelf;
  inUse: boolean;
}

/** The fewest pages that are worth beginning with: 64 MiB. */
const LEAST_PAGES = 1024;

/**
 * A shared memory that may grow to 4 GiB, or to what the host lets it, and the bytes that it may grow to. Where addresses are
 * limited, threads and JavaScript need some too.
 *
 * @param room bytes of addresses that are left; undefined where they are not limited.
 */
export function createMemory(room = addressRoom()): { memory: WebAssembly.Memory; limit: number } {
  let maximum = MAX_PAGES;
  while (room !== undefined && maximum > LEAST_PAGES && maximum * PAGE > room / 2) maximum /= 2;
  for (; ; maximum /= 2) {
    try {
      const memory = new WebAssembly.Memory({ initial: INITIAL_PAGES, maximum, shared: true });
      return { memory, limit: maximum * PAGE };
    } catch (error) {
      if (maximum > LEAST_PAGES) continue;
      throw new RangeError(`cpu: the system gives no memory to WebAssembly (${whyNot(room)})`, { cause: error });
    }
  }
}

function whyNot(room: number | undefined): string {
  if (room === undefined) return "end other programs, or use the reference device";
  return (
    `it has a limit, \`ulimit -v\`, that leaves ${inUnits(room)} of addresses, and V8 wants 10 GiB: lift it with ` +
    "`ulimit -v unlimited`, or start Node with --disable-wasm-trap-handler, which wants less and is slower"
  );
}

/** Sizes that blocks come in: multiples of 64 bytes, and from 512 on eight between one power of two and the next. */
export function blockSize(bytes: number): number {
  if (bytes <= 512) return Math.max(64, Math.ceil(bytes / 64) * 64);
  // An eighth of the power of two below.
  const step = bytes > 2 ** 31 ? 2 ** 28 : 1 << (28 - Math.clz32(bytes - 1));
  return Math.ceil(bytes / step) * step;
}

export class Allocator {
  readonly memory: WebAssembly.Memory;
  /** Bytes beyond which it does not grow. */
  readonly limit: number;
  /**
   * Called with the bytes wanted when the memory cannot grow, before the last attempt: whoever holds blocks that nothing
   * needs can release them here.
   */
  onPressure: ((bytes: number) => void) | undefined;

  /** Called before free blocks are joined and cut anew: from then on an address no longer stands for the same bytes. */
  onMerge: (() => void) | undefined;

  floats: Float32Array;
  ints: Int32Array;

  private readonly shelves = new Map<number, Shelf>();
  private readonly blocks = new Map<number, Block>();
  private count = 0;
  /** Memory that belongs to no block yet. */
  private regions: Region[];
  private inUse = 0;
  private peak = 0;

  /**
   * @param start first address that may be handed out.
   * @param limit bytes beyond which the memory does not grow.
   */
  constructor(memory: WebAssembly.Memory, start: number, limit = MAX_PAGES * PAGE) {
    this.memory = memory;
    this.limit = limit;
    this.floats = new Float32Array(memory.buffer);
    this.ints = new Int32Array(memory.buffer);
    this.regions = [{ start: Math.ceil(start / 64) * 64, end: memory.buffer.byteLength }];
  }

  /**
   * Address of a block of at least `bytes` bytes, a multiple of 64. Errors: `OutOfMemory`, at once where it could never fit,
   * else after `onPressure`.
   */
  allocate(bytes: number): number {
    const size = blockSize(bytes);
    if (size > this.limit) throw this.shortage(bytes);
    const block = this.reuse(size) ?? this.carve(size) ?? this.tidyUp(size) ?? this.growAndCarve(size);
    if (block !== undefined) return this.handOut(block);
    this.onPressure?.(size);
    this.mergeFree();
    const last = this.carve(size) ?? this.growAndCarve(size);
    if (last !== undefined) return this.handOut(last);
    throw this.shortage(bytes);
  }

  private shortage(bytes: number): OutOfMemory {
    return new OutOfMemory({ device: "cpu", bytes, inUse: this.inUse, most: this.limit });
  }

  release(address: number): void {
    const block = this.blocks.get(address);
    if (!block?.inUse) throw new Error(`cpu: no block lies at address ${address}`);
    block.inUse = false;
    this.count--;
    this.inUse -= block.shelf.size;
    block.shelf.blocks.push(block);
  }

  get stats(): MemoryStats {
    return {
      bytesInUse: this.inUse,
      peakBytes: this.peak,
      bytesReserved: this.memory.buffer.byteLength,
      blocks: this.count,
    };
  }

  /** Starts counting `peakBytes` anew. */
  resetPeak(): void {
    this.peak = this.inUse;
  }

  private handOut(block: Block): number {
    block.inUse = true;
    this.count++;
    this.inUse += block.shelf.size;
    if (this.inUse > this.peak) this.peak = this.inUse;
    return block.address;
  }

  /** A free block of that size or a little more. */
  private reuse(size: number): Block | undefined {
    let candidate = size;
    for (let larger = 0; larger <= LARGER_SIZES; larger++) {
      const block = this.shelves.get(candidate)?.blocks.pop();
      if (block !== undefined) return block;
      candidate = blockSize(candidate + 1);
    }
    return undefined;
  }

  /** A new block from memory that belongs to none. */
  private carve(size: number): Block | undefined {
    for (const region of this.regions) {
      if (region.end - region.start < size) continue;
      const block = { address: region.start, shelf: this.shelfFor(size), inUse: false };
      region.start += size;
      this.blocks.set(block.address, block);
      return block;
    }
    return undefined;
  }

  private shelfFor(size: number): Shelf {
    let shelf = this.shelves.get(size);
    if (shelf === undefined) {
      shelf = { size, blocks: [] };
      this.shelves.set(size, shelf);
    }
    return shelf;
  }

  /** When much lies about in blocks of sizes that nobody asks for, joins them before the memory grows. */
  private tidyUp(size: number): Block | undefined {
    let idle = 0;
    for (const shelf of this.shelves.values()) idle += shelf.size * shelf.blocks.length;
    if (idle < size || idle < this.memory.buffer.byteLength / 4) return undefined;
    this.mergeFree();
    return this.carve(size);
  }

  /** Makes regions of all free blocks, neighbours joined. */
  private mergeFree(): void {
    this.onMerge?.();
    const parts = this.regions.filter(({ start, end }) => end > start);
    for (const { size, blocks } of this.shelves.values()) {
      for (const { address } of blocks) {
        this.blocks.delete(address);
        parts.push({ start: address, end: address + size });
      }
      blocks.length = 0;
    }
    parts.sort((a, b) => a.start - b.start);
    this.regions = [];
    for (const part of parts) {
      const last = this.regions.at(-1);
      if (last !== undefined && last.end === part.start) last.end = part.end;
      else this.regions.push(part);
    }
  }

  private growAndCarve(size: number): Block | undefined {
    const before = this.memory.buffer.byteLength;
    const last = this.regions.at(-1);
    const atEnd = last !== undefined && last.end === before ? before - last.start : 0;
    const needed = size - atEnd;
    const generous = Math.max(needed, GROWTH, Math.ceil(before / 8));
    if (!this.grow(generous) && !this.grow(needed)) return undefined;
    const end = this.memory.buffer.byteLength;
    if (atEnd > 0 && last !== undefined) last.end = end;
    else this.regions.push({ start: before, end });
    this.floats = new Float32Array(this.memory.buffer);
    this.ints = new Int32Array(this.memory.buffer);
    return this.carve(size);
  }

  private grow(bytes: number): boolean {
    const pages = Math.ceil(bytes / PAGE);
    if (this.memory.buffer.byteLength + pages * PAGE > this.limit) return false;
    try {
      this.memory.grow(pages);
      return true;
    } catch {
      return false;
    }
  }
}
