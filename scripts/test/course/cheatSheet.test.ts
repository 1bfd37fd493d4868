import { readFileSync } from "node:fs";
import * as autograd from "@lectern/autograd";
import { describe, expect, it } from "vitest";

const { ones, tensor } = autograd;

/** What a page says that NumPy's are here: the second column of its table, each piece of code. */
function tensorsOf(page: string): string[] {
  const text = readFileSync(new URL(`../../../coursework/${page}`, import.meta.url), "utf8");
  const table = text.slice(text.search(/^\| NumPy/m)).split("\n\n")[0];
  const cells = table
    .split("\n")
    .slice(2)
    .map((row) => row.split(" | ")[1]);
  return cells
    .flatMap((cell) => [...cell.matchAll(/`([^`]+)`/g)].map(([, code]) => code))
    .filter((code) => /\W/.test(code));
}

/** Names that those pieces of code take as given. */
const GIVEN = {
  x: ones([1, 6, 6]),
  y: ones([6]),
  m: ones([6, 6]).gt(0),
  a: ones([6, 6]),
  b: 6,
  t: 6,
  i: 0,
  size: 2,
  list: [1, 2],
};

describe.each(["README.md", "README.ru.md"])("the table of tensors in %s", (page) => {
  it.each(tensorsOf(page).map((code) => [code]))("%s does what it says", (code) => {
    const names = { ...autograd, ...GIVEN };
    // A matrix by a matrix, a single number read, and sizes of a reshape.
    const given = code.startsWith("a.") || code.includes("[a, b]") ? { ...names, b: ones([6, 6]) } : names;
    const own = code.endsWith("itemSync()") ? { ...given, x: tensor([1]) } : given;
    const value = new Function(...Object.keys(own), `"use strict"; return ${code};`)(...Object.values(own));
    expect(value).not.toBeUndefined();
  });
});
