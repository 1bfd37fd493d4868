import { expect, it } from "vitest";
import { ALIKE, alike, ownTokens, SHORTEST } from "../../src/course/similarity.ts";
import { COPIED, ORIGINAL, OTHERS, STARTER } from "./variants.ts";

const named = (texts: readonly string[]) => texts.map((text, i) => ({ student: String(i), text }));

it("a copy with other names, comments and order is pointed out, what others wrote is not", () => {
  const pairs = alike(named([ORIGINAL, OTHERS[0], COPIED, OTHERS[1]]), STARTER);
  expect(pairs).toEqual([{ students: ["0", "2"], share: expect.any(Number) }]);
});

it("the threshold lies far from both", () => {
  const shares = alike(named([ORIGINAL, COPIED, ...OTHERS]), STARTER, 0).map(({ share }) => share);
  expect(shares[0]).toBeGreaterThan(ALIKE + 0.15);
  expect(shares[1]).toBeLessThan(ALIKE - 0.4);
});

it("a solution of three lines is too short to tell, even if both are the same", () => {
  const short = "export function softmax(x) { const e = x.sub(x.max(-1)).exp(); return e.div(e.sum(-1)); }";
  expect(ownTokens(short, STARTER)).toBeLessThan(SHORTEST);
  expect(alike(named([short, short]), STARTER)).toEqual([]);
});

it("what the starter has does not count", () => {
  expect(ownTokens(ORIGINAL, ORIGINAL)).toBe(0);
  expect(alike(named([ORIGINAL, ORIGINAL]), ORIGINAL)).toEqual([]);
});

it("no text takes long to compare, and none that is odd stops it", () => {
  const odd = ["/*", '\\"', "`", "import {", "'\\"].map((text) => text.repeat(10_000));
  expect(alike(named(["", ...odd]), STARTER)).toEqual(expect.any(Array));
});
