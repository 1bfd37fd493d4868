import { Heap } from "./heap.ts";

/** Which pairs are merged: how early each was learned, and the token that they become. */
export interface Merges {
  /** The lower, the earlier; undefined where the two are never merged. */
  rank(left: number, right: number): number | undefined;
  merged(rank: number): number;
}

/** Words beyond this are merged by a queue, for looking through all pairs again and again would take a time of its square. */
const SHORT = 48;

/** The tokens of a word: of all pairs that stand next to each other the one learned earliest is merged, again and again. */
export function mergeWord(bytes: readonly number[], merges: Merges): number[] {
  return bytes.length > SHORT ? mergeLong(bytes, merges) : mergeShort(bytes, merges, () => {});
}

/** The same, and calls back with what there is before the first merge and after each. */
export function mergeShort(
  bytes: readonly number[],
  merges: Merges,
  each: (tokens: readonly number[]) => void,
): number[] {
  const tokens = [...bytes];
  for (each(tokens); ; each(tokens)) {
    let [best, at] = [Number.POSITIVE_INFINITY, -1];
    for (let i = 1; i < tokens.length; i++) {
      const rank = merges.rank(tokens[i - 1], tokens[i]) ?? Number.POSITIVE_INFINITY;
      if (rank < best) [best, at] = [rank, i - 1];
    }
    if (at < 0) return tokens;
    tokens.splice(at, 2, merges.merged(best));
  }
}

/** The same in the order of a queue: n log n steps for n bytes. */
function mergeLong(bytes: readonly number[], merges: Merges): number[] {
  const tokens = Int32Array.from(bytes);
  // Places that are left, as a list that is linked both ways; a place that was merged into the one before holds -1.
  const next = Int32Array.from(bytes, (_, i) => i + 1);
  const before = Int32Array.from(bytes, (_, i) => i - 1);
  const queue = new Heap<{ rank: number; at: number; left: number; right: number }>(
    (a, b) => a.rank < b.rank || (a.rank === b.rank && a.at < b.at),
  );
  const offer = (at: number) => {
    if (at < 0 || next[at] >= tokens.length) return;
    const [left, right] = [tokens[at], tokens[next[at]]];
    const rank = merges.rank(left, right);
    if (rank !== undefined) queue.push({ rank, at, left, right });
  };
  for (let i = 0; i < tokens.length; i++) offer(i);
  for (let pair = queue.pop(); pair !== undefined; pair = queue.pop()) {
    const { at, left, right, rank } = pair;
    const second = next[at];
    if (tokens[at] !== left || second >= tokens.length || tokens[second] !== right) continue;
    tokens[at] = merges.merged(rank);
    tokens[second] = -1;
    next[at] = next[second];
    if (next[at] < tokens.length) before[next[at]] = at;
    offer(before[at]);
    offer(at);
  }
  return Array.from(tokens).filter((token) => token >= 0);
}
