import type { Figure } from "../report/figures.ts";
import type { Language, Languages, NumberFormat } from "../report/language.ts";
import type { Verdict } from "./claims.ts";

type NumberNames = readonly [left: string, right: string];

/** A claim in words. */
export interface ClaimText {
  /** The sentence that holds or does not. */
  readonly says: string;
  /** What the two numbers are that it compares, the left one and the right one; for each comparison where they differ. */
  readonly compares: NumberNames | readonly NumberNames[];
  /** Places that comparisons have, by name: `{ none: "no positions" }`. */
  readonly at?: Readonly<Record<string, string>>;
}

/** What a report tells in one language. An experiment adds what its figures need: titles, labels, names. */
export interface Telling {
  readonly title: string;
  /** What the lecture says. */
  readonly lecture: string;
  /** What is done and measured here, and how. */
  readonly shows: string;
  /** What to change in the file, and what will be seen then. */
  readonly change: string;
  readonly claims: Readonly<Record<string, ClaimText>>;
}

/** An experiment's texts in both languages; what one has and the other lacks is an error of types. */
export function tellings<T extends Telling>(texts: { readonly en: T; readonly ru: NoInfer<T> }): Languages<T> {
  return texts;
}

/** What a run is given. */
export interface RunContext<S> {
  readonly settings: S;
  readonly seed: number;
  /** Says how far it is: `progress(3, 10)` of ten equal parts. */
  progress(done: number, of: number): void;
}

/** What figures are made from. */
export interface View<D, T> {
  readonly data: D;
  /** The texts in the report's language. */
  readonly t: T;
  /** A number as that language writes it: `number(0.125)`, `number(0.125, 2)` with so many decimals. */
  readonly number: NumberFormat;
  readonly language: Language;
}

export interface ExperimentOf<S extends object, D extends object, T extends Telling> {
  /** Its name on the command line, and its file's. */
  readonly id: string;
  readonly texts: Languages<T>;
  /**
   * What a student changes: numbers, switches, lists. `quick` says what is smaller under `--quick`; `smallest`, what is still
   * smaller in the tests, where every claim can be seen to hold and to fail.
   */
  readonly settings: { readonly full: S; readonly quick: Partial<S>; readonly smallest: Partial<S> };
  /** Measures: settings and a seed -> plain data (numbers, texts, lists and records of them). Randomness is already seeded. */
  run(context: RunContext<S>): D | Promise<D>;
  /** By the names that the texts have for them. */
  readonly claims: { readonly [K in keyof T["claims"]]: (data: D) => Verdict };
  /** For each claim, the settings with which it must fail: they take away what it is about. */
  readonly breaks: { readonly [K in keyof T["claims"]]: Partial<S> };
  figures(view: View<D, T>): readonly Figure[];
}

/** Any experiment, its types forgotten. */
export type Experiment = ExperimentOf<object, object, Telling>;

/** How much is computed. */
export type Size = "full" | "quick" | "smallest";

/**
 * An experiment of the lecture: what is measured, what is claimed about it and how it is drawn. It does nothing but tie the
 * types of these together.
 */
export function defineExperiment<S extends object, D extends object, T extends Telling>(experiment: {
  readonly id: string;
  readonly texts: Languages<T>;
  readonly settings: {
    readonly full: S;
    readonly quick: Partial<NoInfer<S>>;
    readonly smallest: Partial<NoInfer<S>>;
  };
  run(context: RunContext<NoInfer<S>>): D | Promise<D>;
  readonly claims: { readonly [K in keyof NoInfer<T>["claims"]]: (data: NoInfer<D>) => Verdict };
  readonly breaks: { readonly [K in keyof NoInfer<T>["claims"]]: Partial<NoInfer<S>> };
  figures(view: View<NoInfer<D>, NoInfer<T>>): readonly Figure[];
}): ExperimentOf<S, D, T> {
  return experiment;
}

/** The settings of a size. */
export function settingsOf<S extends object>(
  { settings }: { settings: ExperimentOf<S, object, Telling>["settings"] },
  size: Size,
): S {
  const { full, quick, smallest } = settings;
  if (size === "full") return full;
  return { ...full, ...quick, ...(size === "smallest" ? smallest : {}) };
}
