import { createHash } from "node:crypto";

// Which two solutions are nearly one: fingerprints of their tokens, chosen by winnowing (Schleimer, Wilkerson & Aiken, 2003). Names
// that the file gives do not count, nor do comments and layout; the library's and the language's do, since formulas are written
// with them. Of a solution of 280 tokens, a copy with other names, order and comments shares 0.91, what others wrote below 0.2.

/** Tokens of a fingerprint, and fingerprints of which the least is kept: what two solutions share in 12 tokens is found. */
const GRAM = 8;
const WINDOW = 5;
/** Solutions that share this much of the shorter one's fingerprints are pointed out. */
export const ALIKE = 0.7;
/** A solution with fewer tokens of its own is too short to tell: there are few ways to write it. */
export const SHORTEST = 120;
export interface Solution {
  readonly student: string;
  readonly text: string;
}

/** Two solutions that are nearly equal, and how much of the shorter one is in the other. */
export interface Pair {
  readonly students: readonly [string, string];
  readonly share: number;
}

/** The pairs of nearly equal solutions of a task, the most alike first. */
export function alike(solutions: readonly Solution[], starter: string, least = ALIKE): Pair[] {
  const given = grams(tokensOf(starter));
  const known = new Set(given);
  const prints = solutions.map(({ student, text }) => {
    const all = grams(tokensOf(text));
    const own = all.filter((gram) => !known.has(gram)).length;
    return { student, own, marks: new Set(winnowed(all).filter((gram) => !known.has(gram))) };
  });
  const told = prints.filter(({ own }) => own >= SHORTEST);
  const pairs = told.flatMap((a, i) =>
    told.slice(i + 1).map((b): Pair => ({ students: [a.student, b.student], share: shared(a.marks, b.marks) })),
  );
  return pairs.filter(({ share }) => share >= least).sort((a, b) => b.share - a.share);
}

/** How much of the smaller set is in the other. */
function shared(a: ReadonlySet<string>, b: ReadonlySet<string>): number {
  const [few, many] = a.size <= b.size ? [a, b] : [b, a];
  return few.size === 0 ? 0 : [...few].filter((mark) => many.has(mark)).length / few.size;
}

/** So many tokens of a solution's are its own: not the starter's. */
export function ownTokens(text: string, starter: string): number {
  const known = new Set(grams(tokensOf(starter)));
  return grams(tokensOf(text)).filter((gram) => !known.has(gram)).length;
}

/** What does not end, ends with the file: no part of this goes back, whatever the text is. */
const TOKEN = new RegExp(
  [
    String.raw`\/\/[^\n]*|\/\*[\s\S]*?(?:\*\/|$)`, // comments
    String.raw`"(?:[^"\\\n]|\\.)*"?|'(?:[^'\\\n]|\\.)*'?|\x60(?:[^\x60\\]|\\[\s\S])*\x60?`, // texts
    String.raw`[\p{L}_$#][\p{L}\p{N}_$]*`, // names
    String.raw`\d[\w.]*`, // numbers
    String.raw`=>|[^\s\w]`, // signs
  ].join("|"),
  "gu",
);
const KEYWORDS = new Set(
  (
    "abstract as async await break case catch class const continue default delete do else export extends false finally for " +
    "from function get if import in instanceof interface let new null number of private readonly return set static string " +
    "super switch this throw true try type typeof undefined var void while yield boolean Math Array"
  ).split(" "),
);

/** Tokens without comments, with the student's own names all alike, and texts as well. */
function tokensOf(text: string): string[] {
  const kept = new Set<string>();
  for (const [, names] of text.matchAll(/import\s*(?:type\s*)?\{([^}]{0,2000})\}/g)) {
    for (const name of names.match(/[\w$]+/g) ?? []) kept.add(name);
  }
  const tokens: string[] = [];
  let before = "";
  for (const [token] of text.matchAll(TOKEN)) {
    if (token.startsWith("//") || token.startsWith("/*")) continue;
    tokens.push(normal(token, before, kept));
    before = token;
  }
  return tokens;
}

function normal(token: string, before: string, kept: ReadonlySet<string>): string {
  if (/^["'`]/.test(token)) return '""';
  if (!/^[\p{L}_$#]/u.test(token)) return token;
  if (token === "let" || token === "var") return "const";
  return KEYWORDS.has(token) || kept.has(token) || before === "." ? token : "name";
}

/** Each run of tokens, as a short text. */
function grams(tokens: readonly string[]): string[] {
  return tokens.slice(0, Math.max(0, tokens.length - GRAM + 1)).map((_, i) =>
    createHash("md5")
      .update(tokens.slice(i, i + GRAM).join(" "))
      .digest("hex")
      .slice(0, 16),
  );
}

/** Of each window the least one, the last of equal ones. */
function winnowed(all: readonly string[]): string[] {
  if (all.length <= WINDOW) return all.length === 0 ? [] : [[...all].sort()[0]];
  const chosen = new Set<number>();
  for (let start = 0; start + WINDOW <= all.length; start++) {
    let least = start;
    for (let i = start + 1; i < start + WINDOW; i++) if (all[i] <= all[least]) least = i;
    chosen.add(least);
  }
  return [...chosen].map((i) => all[i]);
}
