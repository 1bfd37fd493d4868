import type { AttentionOptions, Device, Strided } from "../../../src/device.ts";
import { referenceDevice } from "../../../src/devices/reference/device.ts";
import { memoryOf, positions } from "../../../src/devices/reference/elements.ts";
import { type Case, type Check, defineCase } from "../check.ts";
import { blank, type Operand, view } from "../operands.ts";

/**
 * Attention in its plainest form, for comparison: one row of scores at a time.
 * (The reference has no such kernel; what it computes there is composed of other ones.)
 */
class PlainAttention {
  readonly #options: AttentionOptions;
  readonly #q: Reader;
  readonly #k: Reader;
  readonly #v: Reader;
  readonly shape: { batch: number; heads: number; queries: number; keys: number; size: number };

  constructor(q: Strided, k: Strided, v: Strided, options: AttentionOptions) {
    const [batch, heads, queries, size] = q.shape;
    this.shape = { batch, heads, queries, keys: k.shape[2], size };
    this.#options = options;
    [this.#q, this.#k, this.#v] = [reader(q), reader(k), reader(v)];
  }

  /** A query's attention weights over the keys, and the logarithm of their divisor. All zeros where it sees no key. */
  weights(b: number, h: number, i: number): { weights: number[]; lse: number } {
    const { queries, keys, size } = this.shape;
    const { causal, scale, mask } = this.#options;
    const masked = mask && reader(mask);
    const scores = Array.from({ length: keys }, (_, j) => {
      if (causal && j > i + keys - queries) return Number.NEGATIVE_INFINITY;
      let dot = 0;
      for (let c = 0; c < size; c++) dot += this.#q(b, h, i, c) * this.#k(b, h, j, c);
      return dot * scale + (masked ? masked(b, h, i, j) : 0);
    });
    const max = Math.max(...scores);
    if (max === Number.NEGATIVE_INFINITY) return { weights: scores.map(() => 0), lse: max };
    const sum = scores.reduce((sum, score) => sum + Math.exp(score - max), 0);
    return { weights: scores.map((score) => Math.exp(score - max) / sum), lse: max + Math.log(sum) };
  }

  forward(out: Strided, lse: Strided): void {
    const { batch, heads, queries, keys, size } = this.shape;
    const [addOut, addLse] = [adder(out), adder(lse)];
    forEach([batch, heads, queries], (b, h, i) => {
      const row = this.weights(b, h, i);
      addLse(row.lse, b, h, i);
      for (let j = 0; j < keys; j++) {
        for (let c = 0; c < size; c++) addOut(row.weights[j] * this.#v(b, h, j, c), b, h, i, c);
      }
    });
  }

  backward(dq: Strided, dk: Strided, dv: Strided, dout: Strided): void {
    const { batch, heads, queries, keys, size } = this.shape;
    const [addQ, addK, addV] = [adder(dq), adder(dk), adder(dv)];
    const dy = reader(dout);
    forEach([batch, heads, queries], (b, h, i) => {
      const { weights } = this.weights(b, h, i);
      const dweights = weights.map((_, j) => {
        let dot = 0;
        for (let c = 0; c < size; c++) dot += dy(b, h, i, c) * this.#v(b, h, j, c);
        return dot;
      });
      const mean = weights.reduce((sum, weight, j) => sum + weight * dweights[j], 0);
      for (let j = 0; j < keys; j++) {
        const dscore = weights[j] * (dweights[j] - mean) * this.#options.scale;
        for (let c = 0; c < size; c++) {
          addQ(dscore * this.#k(b, h, j, c), b, h, i, c);
          addK(dscore * this.#q(b, h, i, c), b, h, j, c);
          addV(weights[j] * dy(b, h, i, c), b, h, j, c);
        }
      }
    });
  }
}

type Reader = (...index: number[]) => number;

const placeOf = (x: Strided, index: readonly number[]) =>
  index.reduce((at, i, axis) => at + i * x.strides[axis], x.offset);

function reader(x: Strided): Reader {
  const memory = memoryOf(x.storage);
  return (...index) => memory[placeOf(x, index)];
}

/** Clears the array, and gives a function that adds to its elements. */
function adder(x: Strided): (value: number, ...index: number[]) => void {
  const memory = memoryOf(x.storage);
  for (const at of positions(x)) memory[at] = 0;
  return (value, ...index) => {
    memory[placeOf(x, index)] += value;
  };
}

function forEach([a, b, c]: readonly number[], visit: (i: number, j: number, k: number) => void): void {
  for (let i = 0; i < a; i++) for (let j = 0; j < b; j++) for (let k = 0; k < c; k++) visit(i, j, k);
}

interface Sizes {
  readonly batch: number;
  readonly heads: number;
  readonly queries: number;
  readonly keys: number;
  readonly size: number;
}

const SIZES: readonly Sizes[] = [
  { batch: 1, heads: 1, queries: 1, keys: 1, size: 1 },
  { batch: 2, heads: 3, queries: 7, keys: 7, size: 5 },
  { batch: 1, heads: 2, queries: 33, keys: 33, size: 16 },
  { batch: 1, heads: 1, queries: 70, keys: 70, size: 32 },
  { batch: 2, heads: 2, queries: 1, keys: 19, size: 8 },
  { batch: 1, heads: 2, queries: 1, keys: 531, size: 71 },
  { batch: 1, heads: 2, queries: 5, keys: 66, size: 12 },
  { batch: 0, heads: 2, queries: 3, keys: 3, size: 4 },
  // More keys and queries than a tile holds, sizes that fill no vector, queries before the first key.
  { batch: 1, heads: 1, queries: 270, keys: 30, size: 3 },
  { batch: 1, heads: 1, queries: 9, keys: 530, size: 10 },
  { batch: 1, heads: 2, queries: 40, keys: 21, size: 9 },
  { batch: 1, heads: 1, queries: 13, keys: 22, size: 130 },
  { batch: 1, heads: 2, queries: 141, keys: 150, size: 12 },
];

const LOWEST = -3.4028234663852886e38;

type MaskKind = "none" | "padding" | "additive" | "hiding" | "scattered" | "lowest";

/**
 * No mask; keys hidden at the end of each sequence; random additions; a sequence in which nothing is seen; one mask for
 * all heads that hides keys here and there, and all of them from the second query; the same with the smallest float in place
 * of -Infinity, by which the second query sees all keys alike.
 */
function maskFor(check: Check, kind: MaskKind, { batch, heads, queries, keys }: Sizes): Operand {
  const shape = [batch, heads, queries, keys];
  if (kind === "additive")
    return view(check.numbers.normal([heads, queries, keys]), shape, [0, queries * keys, keys, 1]);
  if (kind === "scattered" || kind === "lowest") {
    const hidden = check.numbers.uniform(-1, 1, [queries, keys]);
    for (let i = 0; i < queries * keys; i++) {
      if (hidden.memory[hidden.offset + i] < -0.2 || Math.floor(i / keys) === 1)
        hidden.memory[hidden.offset + i] = kind === "lowest" ? LOWEST : Number.NEGATIVE_INFINITY;
    }
    return view(hidden, shape, [0, 0, keys, 1]);
  }
  const padding = view(check.numbers.normal([batch, keys], "offset", 0), shape, [keys, 0, 0, 1]);
  for (let b = 0; b < batch; b++) {
    const seen = kind === "hiding" && b === 0 ? 0 : check.numbers.integer(1, keys);
    for (let j = seen; j < keys; j++) padding.memory[padding.offset + b * keys + j] = Number.NEGATIVE_INFINITY;
  }
  return padding;
}

/** `[batch, heads, time, size]` with the heads inside the rows, as a projection leaves them. */
function projected(check: Check, batch: number, heads: number, time: number, size: number): Operand {
  const x = check.numbers.normal([batch, time, heads, size]);
  return view(x, [batch, heads, time, size], [time * heads * size, size, heads * size, 1]);
}

function inputs(check: Check, kind: MaskKind, sizes: Sizes) {
  const { batch, heads, queries, keys, size } = sizes;
  return {
    q: projected(check, batch, heads, queries, size),
    k: projected(check, batch, heads, keys, size),
    v: check.numbers.normal([batch, heads, keys, size]),
    mask: maskFor(check, kind, sizes),
  };
}

/** Calls a kernel that the device of this case is known to have. */
function required<T>(kernel: T | undefined): T {
  if (kernel === undefined) throw new Error("the device has no such kernel");
  return kernel;
}

async function attends(check: Check, kind: MaskKind, causal: boolean, sizes: Sizes): Promise<void> {
  const { batch, heads, queries, size } = sizes;
  const operands = {
    ...inputs(check, kind, sizes),
    out: blank([batch, heads, queries, size]),
    lse: blank([batch, heads, queries]),
  };
  await check.agree(
    operands,
    (device, { q, k, v, mask, out, lse }) => {
      const options = { causal, scale: 1 / Math.sqrt(size), mask: kind === "none" ? undefined : mask };
      if (device === referenceDevice) new PlainAttention(q, k, v, options).forward(out, lse);
      else required(device.attention).call(device, out, lse, q, k, v, options);
    },
    8,
  );
}

async function differentiates(check: Check, kind: MaskKind, causal: boolean, sizes: Sizes): Promise<void> {
  const { batch, heads, queries, keys, size } = sizes;
  const operands = {
    ...inputs(check, kind, sizes),
    out: blank([batch, heads, queries, size]),
    lse: blank([batch, heads, queries]),
    dout: check.numbers.normal([batch, heads, queries, size]),
    dq: blank([batch, heads, queries, size]),
    dk: blank([batch, heads, keys, size]),
    dv: blank([batch, heads, keys, size]),
  };
  await check.agree(
    operands,
    (device, { q, k, v, mask, out, lse, dout, dq, dk, dv }) => {
      const options = { causal, scale: 1 / Math.sqrt(size), mask: kind === "none" ? undefined : mask };
      if (device === referenceDevice) {
        const plain = new PlainAttention(q, k, v, options);
        plain.forward(out, lse);
        plain.backward(dq, dk, dv, dout);
      } else {
        required(device.attention).call(device, out, lse, q, k, v, options);
        required(device.attentionGrad).call(device, dq, dk, dv, dout, out, lse, q, k, v, options);
      }
    },
    16,
  );
}

const KINDS: readonly (readonly [MaskKind, string])[] = [
  ["none", "no mask"],
  ["padding", "hidden keys"],
  ["additive", "an additive mask"],
  ["hiding", "queries that see nothing"],
  ["scattered", "keys hidden here and there"],
  ["lowest", "keys hidden by the smallest float"],
];

/** Queries, keys and values (or their gradients) in one buffer [batch, time, 3, heads, size]. */
function parts(packed: Operand, { batch, heads, queries, size }: Sizes): Operand[] {
  const row = 3 * heads * size;
  return [0, 1, 2].map((part) =>
    view(packed, [batch, heads, queries, size], [queries * row, size, row, 1], packed.offset + part * heads * size),
  );
}

/** Results into `[batch, time, heads, size]` and into one buffer for all three gradients, as a layer calls it. */
async function attendsInPlace(check: Check, causal: boolean, sizes: Sizes, deviation = 1): Promise<void> {
  const { batch, heads, queries: time, size } = sizes;
  const rows = [batch, heads, time, size];
  const strides = [time * heads * size, size, heads * size, 1];
  const wide = [batch, time, 3 * heads * size];
  const [q, k, v] = parts(check.numbers.normal(wide, "offset", deviation), sizes);
  const [dq, dk, dv] = parts(blank(wide), sizes);
  const out = view(blank([batch, time, heads, size]), rows, strides);
  const dout = view(check.numbers.normal([batch, time, heads, size]), rows, strides);
  const options = { causal, scale: 1 / Math.sqrt(size), mask: undefined };
  await check.agree(
    { q, k, v, out, lse: blank([batch, heads, time]), dout, dq, dk, dv },
    (device, x) => {
      if (device === referenceDevice) {
        const plain = new PlainAttention(x.q, x.k, x.v, options);
        plain.forward(x.out, x.lse);
        plain.backward(x.dq, x.dk, x.dv, x.dout);
      } else {
        required(device.attention).call(device, x.out, x.lse, x.q, x.k, x.v, options);
        required(device.attentionGrad).call(device, x.dq, x.dk, x.dv, x.dout, x.out, x.lse, x.q, x.k, x.v, options);
      }
    },
    16 * deviation ** 3,
  );
}

/** As layers call it: context 1, odd sizes, and more than a tile. */
const PACKED: readonly Sizes[] = [
  { batch: 3, heads: 2, queries: 1, keys: 1, size: 16 },
  { batch: 2, heads: 3, queries: 21, keys: 21, size: 7 },
  { batch: 1, heads: 2, queries: 64, keys: 64, size: 16 },
  { batch: 1, heads: 2, queries: 90, keys: 90, size: 8 },
  { batch: 2, heads: 2, queries: 150, keys: 150, size: 16 },
];

const packedCases = [false, true].flatMap((causal) => [
  defineCase(
    "attentionGrad",
    `one buffer for queries, keys and values, ${causal ? "causal" : "all keys"}`,
    async (check) => {
      for (const sizes of PACKED) await attendsInPlace(check, causal, sizes);
    },
  ),
  defineCase("attentionGrad", `scores far apart, ${causal ? "causal" : "all keys"}`, async (check) => {
    for (const sizes of PACKED) await attendsInPlace(check, causal, sizes, 4);
  }),
]);

const maskedCases = KINDS.flatMap(([kind, name]) =>
  [false, true].flatMap((causal) => {
    const title = `${causal ? "causal" : "over all keys"}, ${name}`;
    return [
      defineCase("attention", title, async (check) => {
        for (const sizes of SIZES) await attends(check, kind, causal, sizes);
      }),
      defineCase("attentionGrad", title, async (check) => {
        for (const sizes of SIZES) await differentiates(check, kind, causal, sizes);
      }),
    ];
  }),
);

/** The cache of [batch, keys and values, heads, context, size] with a new position behind those that it has: keys, values. */
function cachedPlainly(device: Device, cache: Strided, qkv: Strided, start: number): readonly Strided[] {
  const [batch, , heads, , size] = cache.shape;
  const [sequence, part, head, row] = cache.strides;
  return [0, 1].map((which) => {
    const offset = cache.offset + which * part;
    const of = (time: number, first: number): Strided => ({
      ...{ storage: cache.storage, offset: offset + first * row },
      ...{ shape: [batch, heads, time, size], strides: [sequence, head, row, 1] },
    });
    device.copy(of(1, start), headsOf(qkv, which + 1, heads, size));
    return of(start + 1, 0);
  });
}

/** Queries (0), keys (1) or values (2) of one position: [batch, heads, 1, size] in [batch, 1, 3 heads size]. */
function headsOf(qkv: Strided, which: number, heads: number, size: number): Strided {
  const offset = qkv.offset + which * heads * size;
  return { ...qkv, offset, shape: [qkv.shape[0], heads, 1, size], strides: [3 * heads * size, size, size, 1] };
}

/** Batch, heads, context, size of a head, and the positions that are in the cache already. */
const CACHED = [
  [1, 1, 1, 1, 0],
  [2, 3, 9, 5, 4],
  [1, 2, 40, 16, 39],
  [3, 2, 21, 71, 7],
  [1, 4, 600, 32, 530],
] as const;

const cachedCase = defineCase("attendCached", "a position behind none, some and many", async (check) => {
  for (const [batch, heads, context, size, start] of CACHED) {
    const scale = 1 / Math.sqrt(size);
    const operands = {
      out: blank([batch, 1, heads * size]),
      cache: check.numbers.normal([batch, 2, heads, context, size], "offset"),
      qkv: check.numbers.normal([batch, 1, 3 * heads * size], "offset"),
    };
    await check.agree(
      operands,
      (device, { out, cache, qkv }) => {
        if (device !== referenceDevice) {
          required(device.attendCached).call(device, out, cache, qkv, start, scale);
          return;
        }
        const [keys, values] = cachedPlainly(device, cache, qkv, start);
        const options = { causal: false, scale, mask: undefined };
        const plain = new PlainAttention(headsOf(qkv, 0, heads, size), keys, values, options);
        const [shape, strides] = [
          [batch, heads, 1],
          [heads, 1, 1],
        ];
        const lse = { storage: device.allocate(batch * heads, "float32"), offset: 0, shape, strides };
        plain.forward({ ...out, shape: [...shape, size], strides: [heads * size, size, size, 1] }, lse);
      },
      8,
    );
  }
});

export const attentionCases: readonly Case[] = [...maskedCases, ...packedCases, cachedCase];
