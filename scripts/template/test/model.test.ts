import assert from "node:assert/strict";
import { test } from "node:test";
import { manualSeed, tensor } from "@lectern/autograd";
import { learn } from "../src/learn.ts";
import { Writer } from "../src/model.ts";
import { counting, shareRight } from "../src/text.ts";

test("the model gives logits for each character that may come next", () => {
  const model = new Writer({ vocabulary: 20, width: 16, heads: 2, layers: 1, context: 8 });
  const tokens = tensor([[1, 2, 3]], { dtype: "int32" });
  assert.deepEqual(model.forward(tokens).shape, [1, 3, 20]);
});

test("no position sees its future", () => {
  manualSeed(1);
  const model = new Writer({ vocabulary: 20, width: 16, heads: 2, layers: 2, context: 8 });
  const [first, other] = [4, 5].map((last) => model.forward(tensor([[1, 2, 3, last]], { dtype: "int32" })));
  const before = (logits: typeof first) => logits.slice(1, 0, 3).arraySync();
  assert.deepEqual(before(first), before(other));
  assert.notDeepEqual(first.arraySync(), other.arraySync());
});

test("what it learns from is right", () => {
  assert.equal(shareRight(counting(50)), 1);
  assert.equal(shareRight("after two comes five. after two comes three. "), 0.5);
});

test("it learns: after 40 steps it does better than at random", async () => {
  const { loss } = await learn({ steps: 40 });
  assert.ok(loss < 2, `the loss is ${loss}`);
});
