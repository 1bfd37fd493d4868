import type { RandomNumbers } from "./source.ts";

/** Fisher and Yates, in place. */
export function shuffle<T>(list: T[], random: RandomNumbers): T[] {
  for (let i = list.length - 1; i > 0; i--) {
    const j = Math.floor(random() * (i + 1));
    [list[i], list[j]] = [list[j], list[i]];
  }
  return list;
}
