import seedrandom from "seedrandom";
import { shuffle } from "./shuffle.ts";

export interface SplitOptions<E> {
  /** Which share is for validation. */
  share: number;
  /** What the choice depends on. */
  seed: string | number;
  /** The class whose share is kept in both parts. */
  classOf(example: E): string | number;
}

/**
 * Divides examples at random so that each class has its share in both parts: a class with two examples or more has at least
 * one in each. Both parts are shuffled.
 */
export function stratifiedSplit<E>(
  examples: readonly E[],
  { share, seed, classOf }: SplitOptions<E>,
): { train: E[]; validation: E[] } {
  if (!(share > 0 && share < 1)) throw new RangeError(`data: the share is ${share}, it lies between 0 and 1`);
  const random = seedrandom(String(seed));
  const classes = new Map<string | number, E[]>();
  for (const example of shuffle([...examples], random)) {
    const name = classOf(example);
    const members = classes.get(name);
    if (members === undefined) classes.set(name, [example]);
    else members.push(example);
  }
  const train: E[] = [];
  const validation: E[] = [];
  for (const members of classes.values()) {
    const count = Math.min(members.length - 1, Math.max(1, Math.round(members.length * share)));
    for (const [i, member] of members.entries()) (i < count ? validation : train).push(member);
  }
  return { train: shuffle(train, random), validation: shuffle(validation, random) };
}
