import type { StoredFile } from "./store/store.ts";

/** Nothing that is read here is nested deeper, by far. */
const DEEPEST = 64;

/**
 * What a file's JSON says. Errors: it is none, or nested so deeply that nothing but harm can be meant: a megabyte of brackets
 * takes fifty of memory, and whoever looks into it runs out of stack. `what` begins the sentence ("its header").
 */
export function parseJson(text: string, what = "it"): unknown {
  if (depthOf(text) > DEEPEST) throw new Error(`${what} is JSON nested deeper than ${DEEPEST} levels`);
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new Error(`${what} is no JSON`, { cause });
  }
}

const [QUOTE, BACKSLASH, OPEN_LIST, CLOSE_LIST, OPEN_OBJECT, CLOSE_OBJECT] = Array.from('"\\[]{}', (c) =>
  c.charCodeAt(0),
);

/** How deeply objects and lists of a JSON text lie in each other; looks no further than it has to. */
function depthOf(text: string): number {
  let [depth, deepest] = [0, 0];
  for (let i = 0; i < text.length && deepest <= DEEPEST; i++) {
    const c = text.charCodeAt(i);
    if (c === QUOTE) i = endOfString(text, i);
    else if (c === OPEN_LIST || c === OPEN_OBJECT) deepest = Math.max(deepest, ++depth);
    else if (c === CLOSE_LIST || c === CLOSE_OBJECT) depth--;
  }
  return deepest;
}

/** The place of the quotation mark that ends the string which begins at `start`; the text's end where none does. */
function endOfString(text: string, start: number): number {
  for (let i = start + 1; i < text.length; i++) {
    const c = text.charCodeAt(i);
    if (c === BACKSLASH) i++;
    else if (c === QUOTE) return i;
  }
  return text.length;
}

/** What a file's JSON says. Errors: it is none. */
export async function jsonIn(file: StoredFile, kind: string): Promise<unknown> {
  const text = await file.text(kind);
  try {
    return parseJson(text);
  } catch (error) {
    throw new Error(`${file}: ${(error as Error).message}`, { cause: error });
  }
}
