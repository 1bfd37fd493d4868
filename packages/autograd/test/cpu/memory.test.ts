import { describe, expect, it } from "vitest";
import { Allocator, blockSize } from "../../src/devices/cpu/memory.ts";
import { zeros } from "../../src/index.ts";

const MIB = 2 ** 20;

/** A memory of 1 MiB that may grow to `limit` bytes. */
function allocator(limit = 64 * MIB): Allocator {
  const memory = new WebAssembly.Memory({ initial: 16, maximum: 1024, shared: true });
  return new Allocator(memory, 1024, limit);
}

describe("blockSize", () => {
  it("holds what is asked for, wastes an eighth at most beyond 512 bytes, and keeps to cache lines", () => {
    for (let bytes = 1; bytes < 3e6; bytes = Math.ceil(bytes * 1.07)) {
      const size = blockSize(bytes);
      expect(size).toBeGreaterThanOrEqual(bytes);
      expect(size % 64).toBe(0);
      if (bytes > 512) expect(size).toBeLessThanOrEqual(bytes * 1.125);
      expect(blockSize(size)).toBe(size);
    }
  });
});

describe("the cpu device's memory", () => {
  it("gives out blocks that do not overlap, on cache lines", () => {
    const memory = allocator();
    const blocks = [1, 64, 100, 4000, 70_000, 3].map((bytes) => ({ address: memory.allocate(bytes), bytes }));
    for (const { address } of blocks) expect(address % 64).toBe(0);
    blocks.sort((a, b) => a.address - b.address);
    for (let i = 1; i < blocks.length; i++) {
      expect(blocks[i - 1].address + blocks[i - 1].bytes).toBeLessThanOrEqual(blocks[i].address);
    }
  });

  it("gives a freed block to the next who asks for its size, or for a little less", () => {
    const memory = allocator();
    const first = memory.allocate(10_000);
    memory.release(first);
    expect(memory.allocate(10_000)).toBe(first);
    memory.release(first);
    expect(memory.allocate(9_000)).toBe(first);
    expect(memory.allocate(5_000)).not.toBe(first);
  });

  it("takes nothing more from the system when a step is repeated", () => {
    const memory = allocator();
    const step = () => {
      const blocks = [3e5, 5e5, 1e6, 2e5].map((bytes) => memory.allocate(bytes));
      for (const address of blocks) memory.release(address);
    };
    step();
    const { bytesReserved } = memory.stats;
    for (let i = 0; i < 100; i++) step();
    expect(memory.stats).toMatchObject({ bytesReserved, bytesInUse: 0, blocks: 0 });
  });

  it("grows when it is full, and its views follow", () => {
    const memory = allocator();
    const { bytesReserved } = memory.stats;
    const address = memory.allocate(5 * MIB);
    expect(memory.stats.bytesReserved).toBeGreaterThanOrEqual(bytesReserved + 4 * MIB);
    memory.floats[address / 4 + MIB] = 1.5;
    expect(new Float32Array(memory.memory.buffer)[address / 4 + MIB]).toBe(1.5);
    expect(memory.ints.length).toBe(memory.floats.length);
  });

  it("counts what is in use and the most there was", () => {
    const memory = allocator();
    const a = memory.allocate(65_536);
    const b = memory.allocate(131_072);
    memory.release(a);
    expect(memory.stats).toMatchObject({ bytesInUse: 131_072, peakBytes: 196_608, blocks: 1 });
    memory.resetPeak();
    expect(memory.stats.peakBytes).toBe(131_072);
    memory.release(b);
  });

  it("joins free neighbours before it grows", () => {
    const memory = allocator();
    const blocks = Array.from({ length: 12 }, () => memory.allocate(65_536));
    const { bytesReserved } = memory.stats;
    for (const address of blocks) memory.release(address);
    memory.allocate(700_000);
    expect(memory.stats.bytesReserved).toBe(bytesReserved);
  });

  it("asks for memory back when it cannot grow, and goes on with what it gets", () => {
    const memory = allocator(2 * MIB);
    const held = memory.allocate(MIB);
    const asked: number[] = [];
    memory.onPressure = (bytes) => {
      asked.push(bytes);
      memory.release(held);
    };
    memory.allocate(MIB);
    expect(asked).toEqual([MIB]);
  });

  it("says in one line what does not fit", () => {
    const memory = allocator(2 * MIB);
    memory.allocate(MIB);
    expect(() => memory.allocate(1.5 * MIB)).toThrow(
      "cpu: out of memory: 1.5 MiB do not fit beside the 1.0 MiB in use, of 2.0 MiB that there can be: take a smaller batch, " +
        "context or model, or give back what is no longer needed with scope()",
    );
    expect(memory.stats.bytesInUse).toBe(MIB);
  });

  it("says what for, and goes on computing", () => {
    const column = zeros([2 ** 15, 1]);
    expect(() => column.add(zeros([1, 2 ** 16]))).toThrow(
      /^add \[32768, 65536\]: cpu: out of memory: 8\.0 GiB at once are more than this device can hold \(4\.0 GiB\)/,
    );
    expect(() => zeros([3, 2 ** 30])).toThrow(/^zeros \[3, 1073741824\]: cpu: out of memory/);
    expect(column.add(2).sum().itemSync()).toBe(2 ** 16);
  });

  it("says at once, before it asks for memory back, what could never fit", () => {
    const memory = allocator(2 * MIB);
    memory.onPressure = () => expect.unreachable();
    expect(() => memory.allocate(8 * MIB)).toThrow(
      "cpu: out of memory: 8.0 MiB at once are more than this device can hold (2.0 MiB): take a smaller batch",
    );
  });

  it("refuses to free a block twice", () => {
    const memory = allocator();
    const address = memory.allocate(100);
    memory.release(address);
    expect(() => memory.release(address)).toThrow(`no block lies at address ${address}`);
  });
});
