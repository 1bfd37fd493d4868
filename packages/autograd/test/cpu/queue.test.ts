import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import type { Strided } from "../../src/device.ts";
import { setBlas } from "../../src/devices/cpu/blas.ts";
import { DEPENDS } from "../../src/devices/cpu/control.mjs";
import { cpuDevice } from "../../src/devices/cpu/device.ts";
import { dependency, Footprint } from "../../src/devices/cpu/footprint.ts";
import { machine, setThreads } from "../../src/devices/cpu/machine.ts";
import { rowMajorStrides, type Shape, sizeOf } from "../../src/shape.ts";

const make = (shape: Shape, key: number): Strided => {
  const storage = cpuDevice.allocate(sizeOf(shape), "float32");
  const x = { storage, shape, strides: rowMajorStrides(shape), offset: 0 };
  cpuDevice.normal(x, [key, 3]);
  return x;
};
const transposed = (x: Strided): Strided => ({
  ...x,
  shape: [...x.shape].reverse(),
  strides: [...x.strides].reverse(),
});

/** Numbers that are the same for the same seed. */
function* numbersFrom(seed: number): Generator<number, never> {
  for (let state = seed; ; ) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    yield state / 2 ** 32;
  }
}

/** Many short rows, and few long ones, which are cut along their columns. */
const SIZES = [
  { batch: 12, time: 64, width: 96 },
  { batch: 2, time: 16, width: 768 },
] as const;
const HEADS = 3;

/** Arrays that jobs read and write in turn: those of the rows, matrices, and rows of numbers. */
interface Arrays {
  readonly batch: number;
  readonly time: number;
  readonly width: number;
  readonly tall: readonly Strided[];
  readonly square: readonly Strided[];
  readonly across: readonly Strided[];
  readonly down: readonly Strided[];
  readonly packed: readonly Strided[];
}

function makeArrays(size: (typeof SIZES)[number]): Arrays {
  const { batch, time, width } = size;
  const rows = batch * time;
  return {
    ...size,
    tall: [1, 2, 3, 4].map((key) => make([rows, width], key)),
    square: [5, 6, 7].map((key) => make([width, width], key)),
    across: [8, 9, 10].map((key) => make([width], key)),
    down: [11, 12, 13].map((key) => make([rows], key)),
    packed: [14, 15].map((key) => make([rows, 3 * width], key)),
  };
}

const headsOf = (x: Strided, part: number, { batch, time, width }: Arrays): Strided => {
  const row = x.shape[1];
  const size = width / HEADS;
  return { ...x, shape: [batch, HEADS, time, size], strides: [time * row, size, row, 1], offset: part * width };
};

/** Values that stay of a size one can compute with. */
function tame(x: Strided): void {
  cpuDevice.unary("tanh", x, x, 0, 0);
}

type Draw = (from: readonly Strided[]) => Strided;

/** One job, or a few, on arrays that were drawn. */
const KINDS: readonly ((draw: Draw, arrays: Arrays) => void)[] = [
  (draw, { tall, square }) => {
    const [out, x] = [draw(tall), draw(tall)];
    if (out === x) return;
    cpuDevice.matmul(out, x, transposed(draw(square)), false);
    tame(out);
  },
  (draw, { tall, square }) => {
    const out = draw(square);
    cpuDevice.matmul(out, transposed(draw(tall)), draw(tall), false);
    tame(out);
  },
  (draw, { tall, across, down }) => {
    const [out, x] = [draw(tall), draw(tall)];
    const [mean, rstd] = [down[0], down[1]];
    if (out !== x) cpuDevice.layerNorm(out, mean, rstd, x, draw(across), draw(across), 1e-5);
  },
  (draw, { tall, across, down }) => {
    const [dx, dy, x] = [draw(tall), draw(tall), draw(tall)];
    if (dx === dy || dx === x) return;
    cpuDevice.layerNormGrad(dx, across[0], across[1], dy, x, down[0], down[1], across[2]);
    for (const changed of [dx, across[0], across[1]]) tame(changed);
  },
  (draw, { tall }) => {
    const out = draw(tall);
    cpuDevice.binary("add", out, out, draw(tall));
    tame(out);
  },
  (draw, { tall, across }) => {
    const out = draw(tall);
    const bias = { ...draw(across), shape: out.shape, strides: [0, 1] };
    cpuDevice.binary("mul", out, out, bias);
  },
  (draw, { tall, across }) => {
    const out = draw(across);
    const x = draw(tall);
    cpuDevice.reduce("sum", out, x, { outer: 1, size: x.shape[0], inner: x.shape[1] });
    tame(out);
  },
  (draw, { tall, across }) => {
    const [out, x] = [draw(tall), draw(tall)];
    if (out !== x) cpuDevice.biasGelu!(out, x, draw(across));
  },
  (draw, { tall, across }) => {
    const [dx, slope] = [draw(tall), draw(tall)];
    if (dx === slope) return;
    cpuDevice.biasGeluGrad!(dx, across[2], slope, draw(tall));
    tame(across[2]);
  },
  (draw, arrays) => {
    const { tall, packed, batch, time } = arrays;
    const [qkv, out] = [draw(packed), draw(tall)];
    const heads = (x: Strided, part = 0) => headsOf(x, part, arrays);
    const [q, k, v] = [0, 1, 2].map((part) => heads(qkv, part));
    const lse = make([batch, HEADS, time], 20);
    const options = { causal: true, scale: 0.25, mask: undefined };
    cpuDevice.attention!(heads(out), lse, q, k, v, options);
    const gradient = packed.find((x) => x !== qkv)!;
    const [dq, dk, dv] = [0, 1, 2].map((part) => heads(gradient, part));
    cpuDevice.attentionGrad!(dq, dk, dv, heads(draw(tall)), heads(out), lse, q, k, v, options);
    cpuDevice.release(lse.storage);
    tame(gradient);
  },
  // A temporary array, given back while jobs on it wait, whose block the next one gets.
  (draw, { tall }) => {
    const [temporary, out] = [make(tall[0].shape, 30), draw(tall)];
    cpuDevice.binary("add", temporary, temporary, draw(tall));
    cpuDevice.binary("maximum", out, out, temporary);
    cpuDevice.release(temporary.storage);
  },
  // Rows that wait for a product: of few rows, it is cut along its columns.
  (draw, { tall, square, across }) => {
    const [out, x] = [draw(tall), draw(tall)];
    if (out === x) return;
    cpuDevice.matmul(out, x, draw(square), false);
    cpuDevice.binary("add", out, out, { ...draw(across), shape: out.shape, strides: [0, 1] });
    cpuDevice.softmax(out, out);
  },
  (draw, { square, tall }) => {
    const [out, x] = [draw(square), draw(square)];
    if (out !== x) cpuDevice.copy(out, transposed(x));
    cpuDevice.unary("sin", draw(tall), draw(tall), 0, 0);
  },
];

const JOBS = 150;

/** What is in all arrays after so many jobs. */
function play(seed: number, size: (typeof SIZES)[number]): Int32Array[] {
  const arrays = makeArrays(size);
  const numbers = numbersFrom(seed);
  const draw: Draw = (from) => from[Math.floor(numbers.next().value * from.length)];
  for (let i = 0; i < JOBS; i++) KINDS[Math.floor(numbers.next().value * KINDS.length)](draw, arrays);
  const { tall, square, across, down, packed } = arrays;
  const all = [tall, square, across, down, packed].flat();
  const bits = all.map((x) => new Int32Array(cpuDevice.downloadSync(x.storage, 0, x.storage.length).buffer));
  for (const x of all) cpuDevice.release(x.storage);
  return bits;
}

describe("the queue", () => {
  beforeAll(async () => {
    setBlas(false);
    setThreads(3);
    const x = make([1 << 18], 1);
    cpuDevice.unary("exp", x, x, 0, 0);
    const pool = machine().pool!;
    while (pool.ready < pool.threads - 1) await new Promise((resolve) => setTimeout(resolve, 5));
  });
  afterAll(() => {
    setThreads(1);
    setBlas(true);
  });

  describe.each(SIZES)("of jobs on $batch x $time rows of $width", (size) => {
    it.each([1, 2, 3, 4, 5, 6])(
      "gives what one job after the other gives, whichever run side by side: game %i",
      (seed) => {
        const shared = play(seed, size);
        const { pool } = machine();
        pool!.finish();
        machine().pool = undefined;
        const alone = play(seed, size);
        machine().pool = pool;
        // Told by their places: a list of all differences would take minutes.
        expect(alone.map((array, i) => array.findIndex((bits, at) => bits !== shared[i][at]))).toEqual(
          alone.map(() => -1),
        );
        for (const array of alone) expect(new Float32Array(array.buffer).every(Number.isFinite)).toBe(true);
      },
    );
  });

  it.each<[string, () => void]>([
    ["a long vector", () => cpuDevice.unary("exp", make([1 << 18], 1), make([1 << 18], 2), 0, 0)],
    ["few long rows", () => cpuDevice.softmax(make([8, 1 << 15], 1), make([8, 1 << 15], 2))],
    [
      "a product with few rows and columns",
      () => cpuDevice.matmul(make([64, 64], 1), make([64, 8192], 2), make([8192, 64], 3), false),
    ],
    [
      "a product with 32 rows",
      () => cpuDevice.matmul(make([32, 2048], 1), make([32, 512], 2), make([512, 2048], 3), false),
    ],
  ])("cuts %s into a part for each thread at least", (_, job) => {
    const pool = machine().pool!;
    const run = vi.spyOn(pool, "run");
    job();
    const [, units, step] = run.mock.lastCall!;
    run.mockRestore();
    expect(Math.ceil(units / step)).toBeGreaterThanOrEqual(pool.threads);
  });

  it("lets nothing wait that only reads the same", () => {
    const [x, y, z] = [1, 2, 3].map((key) => make([64, 4], key));
    const first = new Footprint().reads(x).writes(y);
    expect(dependency(new Footprint().reads(x).writes(z), first)).toBe(DEPENDS.not);
    expect(dependency(new Footprint().reads(y).writes(z), first)).toBe(DEPENDS.wholly);
    expect(dependency(new Footprint().reads(z).writes(x), first)).toBe(DEPENDS.wholly);
    expect(dependency(new Footprint().writes(y), first)).toBe(DEPENDS.wholly);
    expect(dependency(undefined, first)).toBe(DEPENDS.wholly);
    expect(dependency(first, undefined)).toBe(DEPENDS.wholly);
  });

  it("lets a part wait for a part alone only where both touch the same rows of the same bytes", () => {
    const [x, y] = [1, 2].map((key) => make([64, 4], key));
    const wider: Strided = { ...y, shape: [64, 2], strides: [2, 1] };
    const first = new Footprint(64, 32).readsRows(x).writesRows(y);
    const following = (rows: number, height: number, of: Strided) => new Footprint(rows, height).readsRows(of);
    expect(dependency(following(64, 32, y), first)).toBe(DEPENDS.byParts);
    expect(dependency(following(64, 16, y), first)).toBe(DEPENDS.wholly);
    expect(dependency(following(64, 0, y), first)).toBe(DEPENDS.wholly);
    expect(dependency(following(64, 32, wider), first)).toBe(DEPENDS.wholly);
    expect(dependency(following(64, 32, { ...y, offset: 4 }), first)).toBe(DEPENDS.wholly);
    expect(dependency(following(64, 32, x), first)).toBe(DEPENDS.not);
  });
});
