import { expect, it } from "vitest";
import { played } from "./endings.ts";

const STILL_THERE = { kind: "output", output: "still here" };

it("a student's endless loop is ended, and the next question finds a fresh process", async () => {
  expect(await played(["loops", "waitsABit"], 2)).toEqual([{ kind: "ended", why: "time" }, STILL_THERE]);
});

it("a student's process.exit ends no more than the student's process, three times", async () => {
  const exit = { kind: "ended", why: "exit" };
  expect(await played(["exits", "exits", "exits", "waitsABit"])).toEqual([exit, exit, exit, exit]);
});

it("who prints for ever, or takes all memory, is ended", async () => {
  expect(await played(["prints", "fillsArrays"])).toEqual([
    { kind: "ended", why: "output" },
    { kind: "ended", why: "memory" },
  ]);
});

it("what a student's code writes to the judge itself is a wrong answer at most", async () => {
  const [garbage, forged, after] = await played(["writesGarbage", "answersForOthers", "waitsABit"]);
  expect(garbage).toEqual({ kind: "output", output: "answered" });
  expect(forged).toEqual({ kind: "output", output: 7 });
  expect(after).toEqual(STILL_THERE);
});
