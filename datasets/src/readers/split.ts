import seedrandom from "seedrandom";
import type { Example, LabelledOptions, Split } from "../entry.ts";
import { told } from "./told.ts";

/** How much is held out for validation: a number of rows, or a share of them. */
export interface HoldOut {
  readonly validationRows?: number;
  readonly validationShare?: number;
}

/** Cuts the last rows off for validation, a fifth by default. `name` is for the errors. */
export function holdOut<T>(name: string, rows: readonly T[], options: HoldOut): { train: T[]; validation: T[] } {
  const count = validationCount(name, rows.length, options);
  if (count >= rows.length) {
    throw new Error(`${name}: ${count} of its ${rows.length} rows for validation leave none to train on`);
  }
  return { train: rows.slice(0, rows.length - count), validation: rows.slice(rows.length - count) };
}

function validationCount(name: string, total: number, { validationRows, validationShare }: HoldOut): number {
  if (validationRows !== undefined && validationShare !== undefined) {
    throw new Error(`${name}: give validationRows or validationShare, not both`);
  }
  if (validationRows === undefined) {
    const share = checkedShare(validationShare ?? 0.2);
    return share === 0 ? 0 : Math.max(1, Math.floor(total * share));
  }
  if (!Number.isInteger(validationRows) || validationRows < 0) {
    throw new Error(`validationRows is ${validationRows}; it counts rows: give a whole number from 0 up`);
  }
  return validationRows;
}

/** A share to hold out, if it is one. */
export function checkedShare(share: number): number {
  if (share >= 0 && share < 1) return share;
  throw new Error(`validationShare is ${share}; it is a share of the data: give a number from 0 up to, but not, 1`);
}

/** How much is held out of data that nobody but their authors orders: there `"last"` means nothing else. Errors: another file. */
export function shareOf(name: string, { validation, validationRows, validationShare }: LabelledOptions): HoldOut {
  if (validation === "last") return { validationRows, validationShare };
  if (typeof validation === "string") {
    throw new Error(`${name}: validation "${validation}" is for tables; give a share of it, or leave it out`);
  }
  return { validationRows, validationShare: validation ?? validationShare };
}

/**
 * Divides labelled examples as the options say: the last ones, or, unless that is asked for, some of each class, as many as
 * its share is, drawn by the seed. Either part keeps the order.
 */
export function splitExamples(
  name: string,
  examples: readonly Example[],
  options: LabelledOptions,
): { train: Example[]; validation: Example[]; split: Split } {
  const { validation, seed = 0, validationRows, validationShare } = options;
  const share = typeof validation === "number" ? validation : validationShare;
  const amount = { validationRows, validationShare: share };
  if (validation === "last") return { ...holdOut(name, examples, amount), split: { kind: "last" } };
  const count = holdOut(name, examples, amount).validation.length;
  const chosen = stratified(examples, count, seed, ({ label }) => label);
  return {
    train: examples.filter((_, i) => !chosen.has(i)),
    validation: examples.filter((_, i) => chosen.has(i)),
    split: { kind: "stratified", seed },
  };
}

/** How examples are divided so that each class is in both parts by its share. */
export interface StratifiedOptions<E> {
  /** Which share is for validation. */
  readonly share: number;
  /** What the choice depends on. */
  readonly seed: number;
  /** The class whose share is kept in both parts. */
  classOf(example: E): string | number;
}

/** Divides examples of any kind at random, so that each class has its share in both parts. Either part keeps the order. */
export function stratifiedSplit<E>(
  examples: readonly E[],
  { share, seed, classOf }: StratifiedOptions<E>,
): { train: E[]; validation: E[] } {
  const count = holdOut("data", examples, { validationShare: share }).validation.length;
  const chosen = stratified(examples, count, seed, classOf);
  return { train: examples.filter((_, i) => !chosen.has(i)), validation: examples.filter((_, i) => chosen.has(i)) };
}

/** The places of `count` examples, of each class by its share; what is left by rounding goes to those that lost most. */
function stratified<E>(
  examples: readonly E[],
  count: number,
  seed: number,
  classOf: (example: E) => string | number,
): Set<number> {
  const places = new Map<string | number, number[]>();
  for (const [place, example] of examples.entries()) {
    const own = places.get(classOf(example));
    if (own === undefined) places.set(classOf(example), [place]);
    else own.push(place);
  }
  const shares = [...places.values()].map((own) => {
    const exact = (count * own.length) / examples.length;
    return { own: shuffled(own, seed), whole: Math.floor(exact), rest: exact - Math.floor(exact) };
  });
  let left = count - shares.reduce((sum, { whole }) => sum + whole, 0);
  for (const one of [...shares].sort((a, b) => b.rest - a.rest)) if (left-- > 0) one.whole++;
  return new Set(shares.flatMap(({ own, whole }) => own.slice(0, whole)));
}

/** Below so many examples, and below this share, a class is rare. */
const FEW = 5;
const RARE = 0.05;

/** What to say of classes that are missing or rare in a part. */
export function classWarnings(
  labels: readonly string[],
  parts: Readonly<Record<"training" | "validation", readonly Example[]>>,
): string[] {
  return Object.entries(parts).flatMap(([part, examples]) => {
    if (examples.length === 0) return [];
    const counts = labels.map(() => 0);
    for (const { label } of examples) counts[label]++;
    return labels.flatMap((label, i) => {
      if (counts[i] === 0) return [`class "${told(label)}" is missing in the ${part} rows`];
      const rare = counts[i] < FEW && counts[i] < RARE * examples.length;
      return rare ? [`class "${told(label)}" is rare in the ${part} rows: ${counts[i]} of ${examples.length}`] : [];
    });
  });
}

/** Cuts the last share of a text's characters off for validation, a tenth by default. */
export function splitText(name: string, text: string, share = 0.1): { train: string; validation: string } {
  let cut = Math.floor(text.length * (1 - checkedShare(share)));
  cut = wholeCharacters(text, cut);
  if (cut === 0 || (share > 0 && cut === text.length)) {
    throw new Error(`${name}: a text of ${text.length} characters is too short to hold out ${share} of it`);
  }
  return { train: text.slice(0, cut), validation: text.slice(cut) };
}

/** The same rows in an order that depends on the seed alone (Fisher and Yates). */
export function shuffled<T>(rows: readonly T[], seed: number): T[] {
  const random = seedrandom(String(seed));
  const result = [...rows];
  for (let last = result.length - 1; last > 0; last--) {
    const pick = Math.floor(random() * (last + 1));
    [result[last], result[pick]] = [result[pick], result[last]];
  }
  return result;
}

/** A cut that halves no character, not even one of several code points, such as a flag or a family. */
function wholeCharacters(text: string, cut: number): number {
  if (cut === 0) return 0;
  const around = 64;
  const start = Math.max(0, cut - around);
  let end = start;
  for (const { index, segment } of new Intl.Segmenter().segment(text.slice(start, cut + around))) {
    end = start + index + segment.length;
    if (end >= cut) break;
  }
  return end;
}
