import { manualSeed, tensor } from "@lectern/autograd";
import { Dropout, Embedding, Module } from "@lectern/nn";
import { describe, expect, it } from "vitest";
import { type Batch, type BatchSequence, ConsecutiveWindows, evaluate } from "../src/index.ts";
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
