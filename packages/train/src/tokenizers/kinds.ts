import { shown } from "@lectern/nn";
import { bpe } from "./bpe/bpe.ts";
import { bytes } from "./bytes.ts";
import { characters } from "./characters.ts";
import type { LearnOptions, Text, Tokenizer, TokenizerJSON, TokenizerKind } from "./tokenizer.ts";
import { words } from "./words.ts";

/** Every kind of tokenizer that a file or an option can name. A new one of the library's is one more here. */
const kinds = new Map<string, TokenizerKind>([characters, bytes, words, bpe].map((kind) => [kind.kind, kind]));

/**
 * Makes a kind of tokenizer known: from then on its tokenizers are saved with a run, read again, and chosen by name.
 * Errors: another kind has the name.
 */
export function registerTokenizer(kind: TokenizerKind): void {
  for (const other of kinds.values()) {
    if (other !== kind && (other.kind === kind.kind || nameOf(other) === nameOf(kind))) {
      throw new Error(`registerTokenizer: there is a tokenizer of the kind "${other.kind}", named "${nameOf(other)}"`);
    }
  }
  kinds.set(kind.kind, kind);
}

const nameOf = ({ kind, name = kind }: TokenizerKind): string => name;

/** Names that `learnTokenizer` takes. */
export function tokenizerNames(): string[] {
  return [...kinds.values()].filter((kind) => kind.from !== undefined).map(nameOf);
}

/**
 * Learns a tokenizer from texts: "char", "byte", "word", each with a number of tokens behind a colon where that can be
 * chosen ("word:5000"). Errors: there is no such kind, its number is none, or cannot be chosen; and what the kind says.
 */
export function learnTokenizer(choice: string, texts: readonly Text[], options: LearnOptions = {}): Tokenizer {
  const [, name, digits] = /^([^:]*)(?::(.*))?$/s.exec(choice) ?? [];
  const kind = [...kinds.values()].find((known) => nameOf(known) === name);
  if (kind?.from === undefined) {
    throw new RangeError(`tokenizer: there is none named "${name}"; there are ${tokenizerNames().join(", ")}`);
  }
  const size = digits === undefined ? options.size : Number(digits);
  if (digits !== undefined && !(/^\d+$/.test(digits) && Number.isSafeInteger(size))) {
    throw new RangeError(`tokenizer: in "${choice}" a number of tokens has to follow the colon`);
  }
  if (digits !== undefined && kind.fixed) {
    throw new RangeError(
      `tokenizer: in "${choice}" the number is one too many: how many tokens "${name}" has is not chosen`,
    );
  }
  return kind.from(texts, { ...options, size });
}

/** The tokenizer that `toJSON` described. Errors: it is no description of a tokenizer, or one of an unknown kind. */
export function tokenizerFromJSON(json: unknown): Tokenizer {
  if (typeof json !== "object" || json === null) throw new Error("tokenizer: this is no tokenizer, but no object");
  const description = json as Readonly<Record<string, unknown>>;
  const kind = kindOf(description);
  if (kind !== undefined) return kind.fromJSON(description);
  if (description.format !== FORMAT) {
    throw new Error(`tokenizer: this is no tokenizer: it is neither "format": "${FORMAT}" nor a known tokenizer.json`);
  }
  const known = [...kinds.keys()].join(", ");
  throw new Error(
    `tokenizer: unknown kind ${shown(description.kind)}: there are ${known}; one of your own is made known by registerTokenizer`,
  );
}

const FORMAT = "lectern-tokenizer-1";

function kindOf(description: Readonly<Record<string, unknown>>): TokenizerKind | undefined {
  if (description.format === FORMAT) {
    return typeof description.kind === "string" ? kinds.get(description.kind) : undefined;
  }
  return [...kinds.values()].find((kind) => kind.recognizes?.(description));
}

/** What is written to a tokenizer's file. Errors: the tokenizer cannot be saved, or could not be read again. */
export function tokenizerToJSON(tokenizer: Tokenizer): TokenizerJSON | Readonly<Record<string, unknown>> {
  const name = tokenizer.constructor.name;
  const description = tokenizer.toJSON?.();
  if (description === undefined) {
    throw new Error(`${name}: this tokenizer cannot be saved with the run: give it a toJSON(), and registerTokenizer`);
  }
  if (kindOf(description) === undefined) {
    throw new Error(
      `${name}: this tokenizer could not be read again: its kind "${String(description.kind)}" is unknown; make it known by registerTokenizer`,
    );
  }
  return description;
}
