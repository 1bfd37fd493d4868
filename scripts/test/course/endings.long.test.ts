import { expect, it } from "vitest";
import { played } from "./endings.ts";

it.each([
  ["loops", "time"],
  ["neverAnswers", "time"],
  ["waitsForEver", "time"],
  ["fillsHeap", "memory"],
  ["fillsArrays", "memory"],
  ["fillsWasm", "memory"],
  ["floods", "output"],
])("a student's code that %s is ended for its %s", async (name, why) => {
  expect(await played([name, "waitsABit"], 4)).toEqual([
    { kind: "ended", why },
    { kind: "output", output: "still here" },
  ]);
});

it("an error that is nothing at all is an error", async () => {
  expect(await played(["throwsNothing"])).toMatchObject([{ kind: "error", message: "undefined" }]);
});
