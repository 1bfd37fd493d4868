import { manualSeed, tensor } from "@lectern/autograd";
import { Dropout, Embedding, Module } from "@lectern/nn";
import { describe, expect, it } from "vitest";
import {
  type Batch,
  type BatchSequence,
  ConsecutiveWindows,
  classScores,
  evaluate,
  evaluateClasses,
  type TokenLoss,
  tokenLosses,
} from "../src/index.ts";
import { Bigrams } from "./helpers.ts";

/** Its logits are a table, one row a token; in training it drops some of them. */
class Table extends Module {
  readonly table: Embedding;
  readonly dropout = new Dropout(0.9);

  constructor(logits: number[][]) {
    super();
    this.table = new Embedding(logits.length, logits[0].length);
    this.table.weight = tensor(logits).requiresGrad_();
  }

  forward(tokens: ReturnType<typeof tensor>) {
    return this.dropout.forward(this.table.forward(tokens));
  }
}

const sequence = (...batches: [inputs: number[][], targets: number[][]][]): BatchSequence => ({
  *batches(): Iterable<Batch> {
    for (const [inputs, targets] of batches) {
      const ints = (data: number[][]) => tensor(data, { dtype: "int32" });
      yield { inputs: ints(inputs), targets: ints(targets), count: inputs.flat().length, unit: "tokens" };
    }
  },
});

describe("evaluate", () => {
  // softmax of [ln 3, 0] is [3/4, 1/4], of [0, 0] is [1/2, 1/2]
  const model = () =>
    new Table([
      [Math.log(3), 0],
      [0, 0],
    ]);

  it("gives the mean loss and the share of right answers over all targets, whatever the batches' sizes", async () => {
    const data = sequence([[[0, 0, 0]], [[0, 0, 1]]], [[[1]], [[1]]]);
    const { loss, accuracy, count } = await evaluate(model(), data);
    expect(count).toBe(4);
    expect(loss).toBeCloseTo((2 * Math.log(4 / 3) + Math.log(4) + Math.log(2)) / 4, 6);
    // Of two equal logits the first is taken.
    expect(accuracy).toBe(0.5);
  });

  it("does not count targets of -100", async () => {
    const { loss, count } = await evaluate(model(), sequence([[[0, 0]], [[-100, 1]]]));
    expect(count).toBe(1);
    expect(loss).toBeCloseTo(Math.log(4), 6);
  });

  it("drops nothing, records nothing, and leaves the model training if it was", async () => {
    const table = model().train();
    const data = sequence([[[0, 1]], [[0, 1]]]);
    expect(await evaluate(table, data)).toEqual(await evaluate(table, data));
    expect([table.training, table.dropout.training]).toEqual([true, true]);
    expect(table.table.weight.grad).toBeUndefined();
    await evaluate(table.eval(), data);
    expect(table.training).toBe(false);
  });

  it("looks at as many batches as it is told", async () => {
    const data = sequence([[[0]], [[0]]], [[[0]], [[1]]]);
    expect((await evaluate(model(), data, { batches: 1 })).accuracy).toBe(1);
  });

  it("is the same for any batch size", async () => {
    manualSeed(1);
    const bigrams = new Bigrams(7);
    const text = Int32Array.from({ length: 300 }, (_, i) => (i * i) % 7);
    const [one, many] = await Promise.all(
      [1, 37].map((batch) => evaluate(bigrams, new ConsecutiveWindows(text, { context: 4, batch }))),
    );
    expect(one.count).toBe(299);
    expect(many.count).toBe(299);
    expect(one.loss).toBeCloseTo(many.loss, 5);
    expect(one.accuracy).toBe(many.accuracy);
  });

  it("refuses data without batches", async () => {
    await expect(evaluate(model(), sequence())).rejects.toThrow("evaluate: there is nothing to evaluate on");
  });
});

describe("a window that slides", () => {
  const tokens = Int32Array.from({ length: 12 }, (_, i) => i);
  const windows = (stride: number, length = 12, context = 4) =>
    Array.from(new ConsecutiveWindows(tokens.subarray(0, length), { context, batch: 2, stride }).batches()).flatMap(
      ({ inputs, targets }) => {
        const [all, wanted] = [inputs, targets].map((t) => t.arraySync() as number[][]);
        return all.map((row, i) => [row, wanted[i]] as const);
      },
    );

  it("predicts each token but the first once, from as much before it as there is room for", () => {
    expect(windows(2)).toEqual([
      [
        [0, 1, 2, 3],
        [1, 2, 3, 4],
      ],
      [
        [2, 3, 4, 5],
        [-100, -100, 5, 6],
      ],
      [
        [4, 5, 6, 7],
        [-100, -100, 7, 8],
      ],
      [
        [6, 7, 8, 9],
        [-100, -100, 9, 10],
      ],
      [
        [8, 9, 10],
        [-100, -100, 11],
      ],
    ]);
    for (const [stride, length, context] of [
      [1, 12, 4],
      [3, 11, 5],
      [4, 12, 4],
      [5, 6, 7],
      [2, 2, 3],
      [3, 9, 8],
    ]) {
      const counted = windows(stride, length, context).flatMap(([, wanted]) => wanted.filter((target) => target >= 0));
      expect(counted, `${stride} ${length} ${context}`).toEqual([...tokens.subarray(1, length)]);
    }
    expect(() => windows(5)).toThrow(/stride is 5, beyond the context of 4/);
  });

  it("tells each token's loss in the text's order, whose mean the evaluation gives", async () => {
    manualSeed(1);
    const model = new Bigrams(12);
    const data = new ConsecutiveWindows(tokens, { context: 4, batch: 3, stride: 3 });
    const found: TokenLoss[] = [];
    for await (const one of tokenLosses(model, data)) found.push(one);
    expect(found.map(({ token }) => token)).toEqual([...tokens.subarray(1)]);
    const mean = found.reduce((sum, { loss }) => sum + loss, 0) / found.length;
    expect(mean).toBeCloseTo((await evaluate(model, data)).loss, 5);
    expect(new Set(found.map(({ loss }) => loss.toFixed(6))).size).toBeGreaterThan(5);
  });
});

describe("classes", () => {
  it("are told one by one: who was taken for whom, and the scores of that", async () => {
    // Class 2 is never found: the likeliest of token 2 is class 0.
    const logits = [
      [3, 0, 0],
      [0, 3, 0],
      [3, 0, 0],
    ];
    class Rows extends Table {
      override forward(inputs: ReturnType<typeof tensor>) {
        return super.forward(inputs).select(1, 0);
      }
    }
    const model = new Rows(logits);
    const ints = (data: number[] | number[][]) => tensor(data, { dtype: "int32" });
    const data: BatchSequence = {
      *batches() {
        yield { inputs: ints([[0], [0], [1]]), targets: ints([0, 1, 1]) };
        yield { inputs: ints([[2], [1]]), targets: ints([2, 1]) };
      },
    };
    const { confusion, accuracy, loss, count } = await evaluateClasses(model, data, 3);
    expect(confusion).toEqual([
      [1, 0, 0],
      [1, 2, 0],
      [1, 0, 0],
    ]);
    expect([accuracy, count]).toEqual([3 / 5, 5]);
    expect(loss).toBeCloseTo((await evaluate(model, data)).loss, 6);
    expect(classScores(confusion)).toEqual([
      { precision: 1 / 3, recall: 1, f1: 1 / 2, count: 1 },
      { precision: 1, recall: 2 / 3, f1: 4 / 5, count: 3 },
      { precision: Number.NaN, recall: 0, f1: 0, count: 1 },
    ]);
    expect(model.training).toBe(true);
  });
});
