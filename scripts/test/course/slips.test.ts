import { ones, Tensor, tensor } from "@lectern/autograd";
import { Linear } from "@lectern/nn";
import { describe, expect, it } from "vitest";
import { pythonIn, slipOf } from "../../src/course/slips.ts";

/** What is said of an error of this line of code, which knows a tensor x: [2, 3], a layer and an array. */
function slipOfCode(code: string): string | undefined {
  try {
    const self = { layer: new Linear(3, 3), list: [1, 2] };
    new Function("x", "Tensor", `"use strict"; ${code}`).call(self, tensor(ones([2, 3]).arraySync()), Tensor);
  } catch (error) {
    return slipOf({ message: (error as Error).message, line: 1 }, [code], "en");
  }
  throw new Error(`${code} has no error`);
}

describe("an error that comes from writing as in Python", () => {
  it.each([
    ["a name that is not declared", "e = x.exp();", /const e = /],
    ["names that are not declared", "[b, t] = x.shape;", /const b = /],
    ["a function that is not imported", "return zeros([2]);", /import \{ zeros \} from "@lectern\/autograd"/],
    ["a layer that is not imported", "return parameter(x);", /import \{ parameter \} from "@lectern\/nn"/],
    ["NumPy", "return np.exp(x);", /np is Python's.*x\.exp\(\)/],
    ["len", "return len(x);", /len is Python's.*x\.shape\[0\]/],
    ["a method as a function", "return exp(x);", /tensor's method: x\.exp/],
    ["a name that is nowhere", "return expp(x);", /Nothing is called expp/],
    ["const that changes", "const e = x; e = x.exp();", /by let/],
    ["for over a tensor", "for (const row of x) row.exp();", /Only arrays are gone through/],
    ["an index of a tensor", "return x[0].exp();", /x\.select\(0, i\)/],
    ["an index that is handed on", "return x.sub(x[0]);", /x\.select\(0, i\)/],
    ["an index from the end", "return x.reshape(x.shape[-1], 2);", /x\.shape\.at\(-1\)/],
    ["a size that does not exist", "return x.split(this.width, -1);", /is undefined/],
    ["a missing axis", "return x.softmax();", /-1 is the last/],
    ["a property as a method", "return x.shape();", /without parentheses/],
    ["a layer as a function", "return this.layer(x);", /this\.layer\.forward\(x\)/],
    ["a method that does not exist", "return x.softMax(-1);", /x has no method softMax/],
    ["a method that is not called", "const e = x.exp; return e.sum(-1);", /e has no method sum.*x\.exp\(\)/],
    ["operators", "return x * x;", /a\.mul\(b\)/],
    ["Math of a tensor", "return Math.exp(x);", /x\.exp\(\)/],
    ["a sum without keepDim", "return x.div(x.sum(-1));", /keepDim: true/],
    ["matmul without T", "return x.matmul(x);", /x\.T swaps/],
    ["a misspelt option", "return x.sum(-1, { keepdim: true });", /camelCase/],
    ["a class without new", "return Tensor(x);", /new Tensor/],
    ["a recursion without end", "const f = () => f(); f();", /calls itself/],
    ["a name that is taken", "const e = x; const e = x.exp();", /e exists already/],
  ])("is told how it is written here: %s", (_, code, says) => {
    expect(slipOfCode(code)).toMatch(says);
  });

  it("and of any other error nothing", () => {
    expect(slipOfCode('throw new Error("of my own");')).toBeUndefined();
  });

  it("and of one that comes from what a function gave, to look at that", () => {
    const message = "Cannot read properties of undefined (reading 'mul')";
    expect(slipOf({ message }, ["x.exp();"], "en")).toMatch(/is there a return/);
    expect(slipOf({ message, line: 1 }, ["x[0].mul();"], "en")).toMatch(/x\.select/);
  });

  it("in the student's language", () => {
    expect(slipOf({ message: "e is not defined", line: 1 }, ["e = x.exp()"], "ru")).toMatch(
      /Новое имя объявляют: const e/,
    );
  });
});

describe("a file that does not load", () => {
  it.each([
    ["def softmax(x):", /function f\(x: Tensor\)/],
    ["for i in range(3):", /blocks in braces/],
    ["return x;  # all", /begins with \/\//],
    ["return x @ x.T;", /a\.matmul\(b\)/],
    ["import numpy as np", /@lectern\/autograd/],
    ["const f = lambda x: x;", /\(x\) => f\(x\)/],
    ["return [f(v) for v in x];", /values\.map/],
    ["return x[:, 2:5];", /x\.slice\(1, 2, 5\)/],
    ["if (a and b) return x;", /&&/],
  ])("is searched for a line of Python: %s", (line, says) => {
    const lines = ["/**", " * Rows and columns, [a: b] @ c # d", " */", 'const a = "b and c";', line];
    expect(pythonIn(lines, "en")).toEqual({ line: 5, says: expect.stringMatching(says) });
  });

  it("the line where the error is before others", () => {
    const lines = ["# softmax", "def softmax(x):"];
    expect([pythonIn(lines, "en")?.line, pythonIn(lines, "en", 2)?.line]).toEqual([1, 2]);
  });

  it("and where none is, nothing is said", () => {
    const lines = [
      "export class A {",
      "  #size: number = 1;",
      "  f(x: Tensor): number[] { return x.shape[this.#size ? 1 : 0 }",
    ];
    expect(pythonIn(lines, "en")).toBeUndefined();
  });
});
