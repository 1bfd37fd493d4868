import { manualSeed } from "@lectern/autograd";
import { describe, expect, it } from "vitest";
import { pad } from "../src/data/collate.ts";
import {
  type Batch,
  type BatchSource,
  ConsecutiveWindows,
  DataLoader,
  type Example,
  RandomWindows,
  type Shard,
  SortedExamples,
  textData,
} from "../src/index.ts";

const rows = (t: { arraySync(): unknown }) => t.arraySync() as number[][];
const counting = (n: number) => Int32Array.from({ length: n }, (_, i) => i);

/** The inputs of the next batches. */
const draw = (source: BatchSource, count: number) => Array.from({ length: count }, () => rows(source.next().inputs));

/** Examples that can be told apart: example i has `i % 17 + 1` tokens, all of them i. */
const examples = (n: number): Example[] =>
  Array.from({ length: n }, (_, i) => ({ tokens: new Int32Array((i % 17) + 1).fill(i), label: i % 3 }));

describe("RandomWindows", () => {
  it("has as targets the tokens one further on", () => {
    const source = new RandomWindows(counting(50), { context: 7, batch: 4, seed: 1 });
    const { inputs, targets, mask, count, unit } = source.next();
    expect(inputs.shape).toEqual([4, 7]);
    expect(rows(targets)).toEqual(rows(inputs).map((row) => row.map((token) => token + 1)));
    expect(rows(inputs).every((row) => row.every((token, i) => token === row[0] + i))).toBe(true);
    expect([mask, count, unit]).toEqual([undefined, 28, "tokens"]);
  });

  it("begins at every place that leaves room for a target, and at no other", () => {
    const source = new RandomWindows(counting(12), { context: 8, batch: 50, seed: 1 });
    const starts = new Set(draw(source, 4).flatMap((batch) => batch.map(([first]) => first)));
    expect([...starts].sort()).toEqual([0, 1, 2, 3]);
  });

  it("calls an epoch as many batches as show about the whole text", () => {
    expect(new RandomWindows(counting(1000), { context: 10, batch: 5, seed: 1 }).batchesPerEpoch).toBe(19);
  });

  it("says when a text is too short", () => {
    expect(() => new RandomWindows(counting(8), { context: 8, batch: 1 })).toThrow(
      "data: the text has 8 tokens, a context of 8 needs at least 9: take a longer text or a smaller context",
    );
  });
});

describe("ConsecutiveWindows", () => {
  it.each([
    [2, 1, 4],
    [17, 4, 2],
    [25, 8, 3],
    [26, 5, 3],
  ])("predicts each of %i tokens but the first once, with context %i and batch %i", (length, context, batch) => {
    const predicted: number[] = [];
    for (const { inputs, targets } of new ConsecutiveWindows(counting(length), { context, batch }).batches()) {
      expect(inputs.shape[0]).toBeLessThanOrEqual(batch);
      expect(inputs.shape[1]).toBeLessThanOrEqual(context);
      expect(rows(targets)).toEqual(rows(inputs).map((row) => row.map((token) => token + 1)));
      predicted.push(...rows(targets).flat());
    }
    expect(predicted).toEqual([...counting(length)].slice(1));
  });
});

describe("textData", () => {
  it("trains on the beginning and validates on the end", () => {
    const text = "abcdefghij".repeat(20);
    const { train, validation, tokenizer } = textData(text, { context: 5, batch: 2, validationShare: 0.25 });
    expect(tokenizer.size).toBe(10);
    expect(train.batchesPerEpoch).toBe(Math.floor(149 / 10));
    const tokens = [...validation.batches()].reduce((sum, batch) => sum + batch.count!, 0);
    expect(tokens).toBe(49);
  });
});

describe("padding", () => {
  const batch = (...lengths: number[]) => lengths.map((n) => ({ tokens: counting(n).map((i) => i + 1), label: n }));

  it("fills rows up to the longest, and masks what it filled", () => {
    const { inputs, mask, targets, count } = pad(batch(1, 3), { maxLength: 10, padding: 9 });
    expect(inputs.shape).toEqual([2, 3]);
    expect([...inputs.data]).toEqual([1, 9, 9, 1, 2, 3]);
    expect([...mask!.data]).toEqual([1, 0, 0, 1, 1, 1]);
    expect([...targets.data]).toEqual([1, 3]);
    expect(count).toBe(4);
  });

  it("needs no mask where nothing is filled up", () => {
    expect(pad(batch(3, 3), { maxLength: 10 }).mask).toBeUndefined();
    expect(pad(batch(7, 9), { maxLength: 5 }).mask).toBeUndefined();
  });

  it("cuts off what is too long", () => {
    expect([...pad(batch(7, 2), { maxLength: 3 }).inputs.data]).toEqual([1, 2, 3, 1, 2, 0]);
  });

  it("makes an empty sequence one padding token that counts, so that attention is defined", () => {
    const { inputs, mask, count } = pad(batch(0, 2), { maxLength: 3 });
    expect([...inputs.data]).toEqual([0, 0, 1, 2]);
    expect([...mask!.data]).toEqual([1, 0, 1, 1]);
    expect(count).toBe(2);
  });
});

it("orders more examples than a function takes arguments", () => {
  const many = Array.from({ length: 400_000 }, (_, i) => ({ tokens: counting(1), label: i % 2 }));
  const loader = new DataLoader(many, { batch: 3000, maxLength: 1 });
  expect(loader.next().inputs.shape).toEqual([3000, 1]);
});

describe("DataLoader", () => {
  const first = ({ inputs }: Batch) => rows(inputs).map(([token]) => token);

  it.each([
    [true, 50],
    [true, 1],
    [false, 50],
    [false, 1],
  ])("shows every example once an epoch (shuffle %s, bucket %i)", (shuffle, bucket) => {
    const loader = new DataLoader(examples(103), { batch: 8, maxLength: 100, shuffle, bucket, seed: 1 });
    expect(loader.batchesPerEpoch).toBe(13);
    for (let epoch = 0; epoch < 2; epoch++) {
      const seen = Array.from({ length: 13 }, () => first(loader.next())).flat();
      expect(seen.sort((a, b) => a - b)).toEqual([...counting(103)]);
    }
  });

  it("keeps each sequence with its label", () => {
    const loader = new DataLoader(examples(40), { batch: 7, maxLength: 100, seed: 1 });
    for (let i = 0; i < 6; i++) {
      const batch = loader.next();
      expect(batch.targets.arraySync()).toEqual(first(batch).map((number) => number % 3));
    }
  });

  it("has one target a row, for sequences of one token too", () => {
    const { inputs, targets } = new DataLoader(examples(1), { batch: 1, maxLength: 5 }).next();
    expect([inputs.shape, targets.shape]).toEqual([[1, 1], [1]]);
  });

  it("puts about equally long sequences together when bucketing", () => {
    const padded = (bucket: number) => {
      const loader = new DataLoader(examples(400), { batch: 16, maxLength: 100, bucket, seed: 1 });
      const batches = Array.from({ length: loader.batchesPerEpoch }, () => loader.next());
      return batches.reduce((sum, { inputs, count }) => sum + inputs.size - count, 0);
    };
    expect(padded(50)).toBeLessThan(padded(1) / 10);
  });

  it("takes another order in every epoch, and the given one where nothing is shuffled", () => {
    const loader = new DataLoader(examples(64), { batch: 64, maxLength: 1, bucket: 1, seed: 1 });
    expect(first(loader.next())).not.toEqual(first(loader.next()));
    const still = new DataLoader(examples(64), { batch: 64, maxLength: 1, bucket: 1, shuffle: false });
    expect(first(still.next())).toEqual([...counting(64)]);
  });

  it("says what is wrong with its options", () => {
    expect(() => new DataLoader([], { batch: 1, maxLength: 1 })).toThrow("data: there are no examples to load");
    expect(() => new DataLoader(examples(3), { batch: 0, maxLength: 1 })).toThrow(
      "data: batch is 0, it has to be a whole number from 1",
    );
  });
});

describe("SortedExamples", () => {
  it("shows every example once, the shortest first", () => {
    const seen: number[] = [];
    let before = 0;
    for (const { inputs } of new SortedExamples(examples(50), { batch: 8, maxLength: 100 }).batches()) {
      expect(inputs.shape[1]).toBeGreaterThanOrEqual(before);
      before = inputs.shape[1];
      seen.push(...rows(inputs).map(([token]) => token));
    }
    expect(seen.sort((a, b) => a - b)).toEqual([...counting(50)]);
  });
});

describe.each<[string, (seed?: number) => RandomWindows | DataLoader]>([
  ["RandomWindows", (seed) => new RandomWindows(counting(500), { context: 5, batch: 3, seed })],
  ["DataLoader", (seed) => new DataLoader(examples(20), { batch: 3, maxLength: 9, seed })],
])("%s", (_, make) => {
  it("draws the same batches from the same seed, and others from another", () => {
    expect(draw(make(1), 10)).toEqual(draw(make(1), 10));
    expect(draw(make(1), 10)).not.toEqual(draw(make(2), 10));
  });

  it("can be looped over, an epoch at a time", () => {
    const source = make(1);
    const epochs = [...source.batches(), ...source.batches()].map(({ inputs }) => rows(inputs));
    expect(epochs).toEqual(draw(make(1), 2 * source.batchesPerEpoch));
  });

  it("takes its seed from the global generator where none is given", () => {
    const seeded = () => {
      manualSeed(3);
      return draw(make(), 3);
    };
    expect(seeded()).toEqual(seeded());
  });

  it("draws the same batches whether or not they were assembled ahead", () => {
    const ahead = make(1);
    const batches = Array.from({ length: 20 }, () => {
      ahead.prefetch();
      return rows(ahead.next().inputs);
    });
    expect(batches).toEqual(draw(make(1), 20));
  });

  it("goes on from its state with the same batches, in the middle of an epoch too", () => {
    const source = make(1);
    draw(source, 9);
    source.prefetch();
    const state = JSON.parse(JSON.stringify(source.state()));
    const other = make(2);
    draw(other, 3);
    other.prefetch();
    other.loadState(state);
    expect(draw(other, 10)).toEqual(draw(source, 10));
  });
});

describe("shards", () => {
  const numbers = ({ inputs }: Batch) => rows(inputs).map((row) => row.join());

  it.each<[string, (batch: number, shard?: Shard) => RandomWindows | DataLoader]>([
    ["RandomWindows", (batch, shard) => new RandomWindows(counting(200), { context: 3, batch, seed: 1, shard })],
    ["DataLoader", (batch, shard) => new DataLoader(examples(46), { batch, maxLength: 1, seed: 1, shard })],
  ])("of %s together are what one source of the whole batch gives", (_, make) => {
    const whole = make(6);
    const parts = [0, 1, 2].map((index) => make(2, { index, count: 3 }));
    expect(parts.map(({ batchesPerEpoch }) => batchesPerEpoch)).toEqual(Array(3).fill(whole.batchesPerEpoch));
    for (let i = 0; i < 2 * whole.batchesPerEpoch; i++) {
      expect(parts.flatMap((part) => numbers(part.next()))).toEqual(numbers(whole.next()));
    }
  });

  it("are never without a row, where an epoch's last batch has fewer than there are shards", () => {
    const parts = [0, 1, 2].map(
      (index) => new DataLoader(examples(7), { batch: 2, maxLength: 1, seed: 1, shard: { index, count: 3 } }),
    );
    for (const part of parts) expect([...part.batches()].map(({ inputs }) => inputs.shape[0])).toEqual([2, 1]);
  });

  it("have to be among themselves", () => {
    const shard = { index: 3, count: 3 };
    expect(() => new RandomWindows(counting(20), { context: 3, batch: 1, shard })).toThrow(
      "data: shard.index is 3, with 3 shards it is a whole number from 0 to 2",
    );
  });
});
