import type { Pair, PairCorpus, PairOptions } from "../entry.ts";
import { holdOut, shareOf, shuffled } from "./split.ts";

/** What is asked of two numbers. */
export type Operation = "addition" | "subtraction";

/** Which sums are made up, and how long they are. */
export interface ArithmeticOptions extends PairOptions {
  /** Addition alone unless given. */
  readonly operations?: readonly Operation[];
  /** Numbers have so many digits at most; 2 unless given. */
  readonly digits?: number;
  /** Whether the answer's last digit is written first, the order in which it is computed on paper; false unless given. */
  readonly reversed?: boolean;
}

const SIGNS: Readonly<Record<Operation, string>> = { addition: "+", subtraction: "-" };

/** So many pairs of numbers at most, each with its mirror: all up to two digits, a sample of those up to three. */
const MOST = 25_000;

/** Two numbers, the smaller first. */
type NumberPair = readonly [number, number];

/**
 * Problems in arithmetic as a language has them: "12+34=" goes on with "46". A fifth of the pairs of numbers, drawn by the
 * seed, is held out, each with its mirror (34+12) and in every operation: what is asked there cannot have been learned by
 * heart. What is held out are pairs of the longest numbers; with shorter ones all are learned, being what those are made of.
 * Errors: digits other than 1 to 6.
 */
export function arithmetic(options: ArithmeticOptions = {}): PairCorpus {
  const { operations = ["addition"], digits = 2, reversed = false, seed = 0 } = options;
  if (!Number.isInteger(digits) || digits < 1 || digits > 6) {
    throw new RangeError(`arithmetic: digits is ${digits}; give a whole number from 1 to 6`);
  }
  const isShort = ([smaller]: NumberPair) => digits > 1 && smaller < 10 ** (digits - 1);
  // The last are held out.
  const numbers = shuffled(somePairs(10 ** digits), seed).sort((a, b) => Number(isShort(b)) - Number(isShort(a)));
  const { train, validation } = holdOut("arithmetic", numbers, shareOf("arithmetic", options));
  const problems = (pairs: readonly NumberPair[]): Pair[] =>
    pairs.flatMap(([a, b]) =>
      operations.flatMap((operation) =>
        (a === b
          ? [[a, b]]
          : [
              [a, b],
              [b, a],
            ]
        ).map(([x, y]) => problem(x, y, operation, reversed)),
      ),
    );
  return {
    name: "arithmetic",
    train: shuffled(problems(train), seed),
    validation: shuffled(problems(validation), seed),
    split: { kind: "shuffled", seed },
    warnings: [],
  };
}

function problem(a: number, b: number, operation: Operation, reversed: boolean): Pair {
  const result = operation === "addition" ? a + b : a - b;
  const digits = String(Math.abs(result));
  const written = reversed ? [...digits].reverse().join("") : digits;
  return { prompt: `${a}${SIGNS[operation]}${b}=`, answer: result < 0 ? `-${written}` : written };
}

/** Pairs of numbers below a bound, the smaller first: all, or, where they are too many, evenly spread ones. */
function somePairs(bound: number): NumberPair[] {
  const all = (bound * (bound + 1)) / 2;
  const count = Math.min(all, MOST);
  return Array.from({ length: count }, (_, i) => pairNumber(Math.floor((i * all) / count)));
}

/** Counts (0, 0), (0, 1), (1, 1), (0, 2), (1, 2), (2, 2), … */
function pairNumber(index: number): NumberPair {
  const larger = Math.floor((Math.sqrt(8 * index + 1) - 1) / 2);
  return [index - (larger * (larger + 1)) / 2, larger];
}

/** What stands behind the name: `arithmetic:addition,subtraction,3,reversed`. Errors: a word that says nothing here. */
export function arithmeticVariant(words: readonly string[]): ArithmeticOptions {
  const operations = words.filter((word): word is Operation => word in SIGNS);
  const [digits, ...more] = words.filter((word) => /^[1-6]$/.test(word));
  const reversed = words.includes("reversed");
  const strange = words.filter((word) => !(word in SIGNS) && !/^[1-6]$/.test(word) && word !== "reversed");
  if (strange.length > 0 || more.length > 0) {
    throw new Error(
      `arithmetic: "${words.join(",")}" is unknown; say addition, subtraction or both, the most digits (1 to 6), and reversed, as in arithmetic:addition,subtraction,3`,
    );
  }
  return {
    reversed,
    ...(operations.length > 0 ? { operations } : {}),
    ...(digits === undefined ? {} : { digits: Number(digits) }),
  };
}
