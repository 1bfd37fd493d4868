import {
  gradEnabled,
  keep,
  manualSeed,
  memoryUsage,
  noGrad,
  setDefaultDevice,
  stack,
  type Tensor,
  tensor,
  zeros,
} from "@lectern/autograd";
import { Embedding, GPT, Linear, Module } from "@lectern/nn";
import { afterEach, describe, expect, it } from "vitest";
import {
  ByteTokenizer,
  CharTokenizer,
  type GenerateTokensOptions,
  type GenerationState,
  generate,
  generateTexts,
  generateTokens,
  registerStrategy,
  strategyNames,
  WordTokenizer,
} from "../src/index.ts";
import { Bigrams } from "./helpers.ts";

const tokenizer = CharTokenizer.from("abcdefgh");
const smallGPT = () => {
  manualSeed(5);
  return new GPT({ vocabulary: 8, layers: 1, heads: 2, width: 8, context: 6 });
};

describe("generate", () => {
  it("adds the given number of tokens to the prompt, past the model's context too", async () => {
    const text = await generate(smallGPT(), tokenizer, "abcdefgh", { tokens: 20, seed: 1 });
    expect(text).toMatch(/^abcdefgh[a-h]{20}$/);
  });

  it("takes the most likely token when greedy, as sampling does at a temperature near 0", async () => {
    const greedy = await generate(smallGPT(), tokenizer, "ab", { tokens: 12, strategy: "greedy" });
    const cold = await generate(smallGPT(), tokenizer, "ab", { tokens: 12, temperature: 1e-4, seed: 3 });
    const only = await generate(smallGPT(), tokenizer, "ab", { tokens: 12, topK: 1, seed: 3 });
    expect([cold, only]).toEqual([greedy, greedy]);
    const model = smallGPT();
    const logits = model.forward(tensor([[0, 1]], { dtype: "int32" })).select(1, 1);
    expect(greedy[2]).toBe("abcdefgh"[logits.argmax(-1).dataSync()[0]]);
  });

  it("gives the same for the same seed, and leaves the global generator alone then", async () => {
    const model = smallGPT();
    const sample = (seed?: number) => generate(model, tokenizer, "a", { tokens: 30, seed });
    const [first, again, other] = [await sample(1), await sample(1), await sample(2)];
    expect(again).toBe(first);
    expect(other).not.toBe(first);
    manualSeed(8);
    const global = await sample();
    manualSeed(8);
    await sample(1);
    expect(await sample()).toBe(global);
  });

  it("tells each piece as soon as it is there; together they are the text", async () => {
    const words = WordTokenizer.from(["a b c d e f"]);
    for (const t of [tokenizer, words]) {
      const pieces: string[] = [];
      const model = new Bigrams(t.size);
      const text = await generate(model, t, "a b c".replaceAll(" ", t === words ? " " : ""), {
        tokens: 5,
        seed: 1,
        onToken: (piece) => pieces.push(piece),
      });
      expect(pieces.length).toBe(5);
      expect(text).toBe((t === words ? "a b c" : "abc") + pieces.join(""));
    }
  });

  it("leaves the model as it was: training, and without gradients", async () => {
    const model = smallGPT().train();
    await generate(model, tokenizer, "a", { tokens: 2 });
    expect(model.training).toBe(true);
    expect(model.parameters().every((p) => p.grad === undefined)).toBe(true);
  });

  it("gives the prompt back where no token is asked for", async () => {
    expect(await generate(smallGPT(), tokenizer, "abc", { tokens: 0 })).toBe("abc");
  });
});

describe("generateTokens", () => {
  const greedy = (tokens: number): GenerateTokensOptions => ({ tokens, strategy: "greedy" });

  it("continues several prompts of different lengths as it does each alone", async () => {
    // A model of the last token alone, so that what a row sees does not depend on where its window begins.
    manualSeed(2);
    const model = new Bigrams(8);
    const prompts = [[1, 2, 3, 4, 5], [6], [3, 3]];
    const together = await generateTokens(model, prompts, greedy(6));
    for (const [i, prompt] of prompts.entries()) {
      expect(together[i]).toEqual((await generateTokens(model, [prompt], greedy(6)))[0]);
      expect(together[i].slice(0, prompt.length)).toEqual(prompt);
      expect(together[i].length).toBe(prompt.length + 6);
    }
  });

  it("tells which rows have a new token", async () => {
    const told: (readonly number[])[] = [];
    await generateTokens(new Bigrams(8), [[1, 2, 3], [1]], { ...greedy(2), onTokens: (tokens) => told.push(tokens) });
    expect(told.map((tokens) => tokens.map((token) => token >= 0))).toEqual([
      [false, true],
      [false, true],
      [true, false],
      [true, false],
    ]);
  });

  it("continues each prompt several times, drawing anew for each", async () => {
    const rows = await generateTokens(smallGPT(), [[1, 2], [3]], { tokens: 12, samples: 3, seed: 1 });
    expect(rows.map((row) => row.length)).toEqual([14, 14, 14, 13, 13, 13]);
    expect(rows.map(([first]) => first)).toEqual([1, 1, 1, 3, 3, 3]);
    expect(new Set(rows.map(String)).size).toBe(6);
  });

  it("ends a row before the token to stop at, and goes on with the others", async () => {
    const model = new Bigrams(6);
    const prompts = [[0], [1], [2, 3]];
    const free = await generateTokens(model, prompts, { tokens: 40, seed: 4 });
    const told: (readonly number[])[] = [];
    const onTokens = (tokens: readonly number[]) => void told.push(tokens);
    const stopped = await generateTokens(model, prompts, { tokens: 40, seed: 4, stop: 5, onTokens });
    for (const [i, row] of stopped.entries()) {
      const start = prompts[i].length;
      expect(row.slice(start)).not.toContain(5);
      expect(row.length).toBeLessThan(start + 40);
      expect(told.map((tokens) => tokens[i]).filter((token) => token >= 0)).toEqual(row.slice(start));
    }
    // Up to the first row's end the draws are the same.
    const first = Math.min(...stopped.map((row) => row.length));
    expect(stopped.map((row) => row.slice(0, first))).toEqual(free.map((row) => row.slice(0, first)));
  });

  it.each<[Partial<GenerateTokensOptions>, string]>([
    [{ tokens: -1 }, "generate: tokens is -1, it has to be a whole number from 0"],
    [{ temperature: 0 }, 'generate: temperature is 0, it has to be above 0; for the likeliest token use "greedy"'],
    [{ temperature: -1 }, "generate: temperature is -1"],
    [{ temperature: Number.NaN }, "generate: temperature is NaN"],
    [{ topK: 0 }, "generate: topK is 0, it has to be a whole number from 1"],
    [{ topK: 1.5 }, "generate: topK is 1.5"],
    [{ topP: 0 }, "generate: topP is 0, it lies above 0, up to 1"],
    [{ topP: 1.1 }, "generate: topP is 1.1"],
    [{ samples: 0 }, "generate: samples is 0, it has to be a whole number from 1"],
    [{ window: "sliding" as "half" }, 'generate: window is sliding, it is "half" or "exact"'],
    [{ strategy: "beams" }, 'generate: strategy is beams, it is "greedy", "sample" or "beam"'],
  ])("refuses %o", async (options, message) => {
    await expect(generateTokens(new Bigrams(8), [[1]], { tokens: 1, ...options })).rejects.toThrow(message);
  });

  it("refuses an empty prompt", async () => {
    await expect(generate(smallGPT(), tokenizer, "", { tokens: 1 })).rejects.toThrow("generate: the prompt is empty");
    await expect(generateTokens(smallGPT(), [[1], []], { tokens: 1 })).rejects.toThrow("generate: a prompt is empty");
  });
});

describe("what the model sees of a text", () => {
  const sizes = { vocabulary: 11, layers: 2, heads: 2, width: 16, context: 8 };
  const int32 = (rows: number[][]) => tensor(rows, { dtype: "int32" });

  afterEach(() => setDefaultDevice("cpu"));

  /** Small weights would leave the positions without a say. */
  function sharpGPT(): GPT {
    manualSeed(3);
    const model = new GPT(sizes);
    noGrad(() => {
      for (const parameter of model.parameters()) if (parameter.rank === 2) parameter.mul_(8);
    });
    return model;
  }

  /** The most likely continuation, computed anew for each token from what `seen` says the model sees of the text. */
  function continued(model: GPT, prompt: readonly number[], tokens: number, seen: (text: number[]) => number[]) {
    const text = [...prompt];
    while (text.length < prompt.length + tokens) {
      const logits = noGrad(() => model.forward(int32([seen(text)])));
      text.push(logits.select(1, -1).argmax(-1).dataSync()[0]);
    }
    return text;
  }

  /** From position `start` on the whole, until it is full; then from its last half on. */
  function halves(context: number) {
    let start: number | undefined;
    return (text: number[]) => {
      start ??= Math.max(0, text.length - context);
      if (text.length - start > context) start = text.length - Math.floor(context / 2);
      return text.slice(start);
    };
  }

  it.each(["reference", "cpu"])("is the last whole context with an exact window, on %s", async (device) => {
    setDefaultDevice(device);
    const model = sharpGPT();
    for (const prompt of [[1], [1, 2, 3, 4, 5, 6, 7, 8], [9, 8, 7, 6, 5, 4, 3, 2, 1, 0]]) {
      const wanted = continued(model, prompt, 30, (text) => text.slice(-sizes.context));
      const [text] = await generateTokens(model, [prompt], { tokens: 30, strategy: "greedy", window: "exact" });
      expect(text).toEqual(wanted);
    }
  });

  it.each(["reference", "cpu"])("is emptied to its last half when it is full, on %s", async (device) => {
    setDefaultDevice(device);
    const model = sharpGPT();
    for (const prompt of [[1], [1, 2, 3, 4, 5, 6, 7, 8], [9, 8, 7, 6, 5, 4, 3, 2, 1, 0]]) {
      const wanted = continued(model, prompt, 30, halves(sizes.context));
      const [text] = await generateTokens(model, [prompt], { tokens: 30, strategy: "greedy" });
      expect(text).toEqual(wanted);
    }
  });

  it.each(["half", "exact"] as const)(
    "is the same for a prompt alone and beside others of any length (%s)",
    async (window) => {
      const model = sharpGPT();
      const prompts = [[9, 8, 7, 6, 5, 4, 3, 2, 1, 0], [1], [4, 4, 4, 4, 4, 4, 4, 4], [2, 10, 3, 3], Array(30).fill(6)];
      const options = { tokens: 30, strategy: "greedy", window };
      const together = await generateTokens(model, prompts, options);
      for (const [i, prompt] of prompts.entries()) {
        expect(together[i]).toEqual((await generateTokens(model, [prompt], options))[0]);
      }
    },
  );

  it("is the same for a row alone and beside others of one length", async () => {
    const model = sharpGPT();
    const prompts = [
      [1, 2],
      [7, 3],
      [10, 0],
    ];
    const together = await generateTokens(model, prompts, { tokens: 30, strategy: "greedy" });
    for (const [i, prompt] of prompts.entries()) {
      expect(together[i]).toEqual((await generateTokens(model, [prompt], { tokens: 30, strategy: "greedy" }))[0]);
    }
  });

  it("is computed once: each position goes through the model a single time until the context is full", async () => {
    const model = sharpGPT();
    const seen: number[] = [];
    const forwardCached = model.forwardCached.bind(model);
    model.forwardCached = (tokens: Tensor, cache) => {
      seen.push(tokens.shape[1]);
      return forwardCached(tokens, cache);
    };
    await generateTokens(model, [[1, 2, 3]], { tokens: 12 });
    // The prompt, five steps to fill 8, then 4 again, and 4 steps to fill it.
    expect(seen).toEqual([3, 1, 1, 1, 1, 1, 4, 1, 1, 1, 1, 4]);
  });

  it("takes no more memory for thousands of tokens than for a few", async () => {
    const model = sharpGPT();
    const prompts = Array.from({ length: 3 }, () => [1, 2]);
    const inUse: number[] = [];
    await generateTokens(model, prompts, { tokens: 3000, onTokens: () => inUse.push(memoryUsage().storages) });
    // What earlier tests left behind may disappear meanwhile; nothing is added.
    expect(Math.max(...inUse)).toBe(inUse[0]);
  });

  it("may be a context of a single token", async () => {
    manualSeed(1);
    const model = new GPT({ ...sizes, context: 1 });
    for (const window of ["half", "exact"] as const) {
      const [text] = await generateTokens(model, [[1, 2]], { tokens: 5, strategy: "greedy", window });
      expect(text).toEqual(continued(model, [1, 2], 5, (seen) => seen.slice(-1)));
    }
  });
});

describe("generateTexts", () => {
  it("continues several prompts, as generate does each", async () => {
    const model = smallGPT();
    const greedy = { tokens: 9, strategy: "greedy" } as const;
    const texts = await generateTexts(model, tokenizer, ["ab", "cd"], greedy);
    expect(texts).toEqual([
      await generate(model, tokenizer, "ab", greedy),
      await generate(model, tokenizer, "cd", greedy),
    ]);
  });

  it("tells each piece with the text that it belongs to", async () => {
    const told = ["ab", "ab", "c", "c"];
    const onToken = (piece: string, text: number) => {
      told[text] += piece;
    };
    const options = { tokens: 9, samples: 2, seed: 1, onToken };
    expect(await generateTexts(smallGPT(), tokenizer, ["ab", "c"], options)).toEqual(told);
  });

  it("draws for a prompt what it draws for it alone, and something else for each of its samples", async () => {
    const model = smallGPT();
    const options = { tokens: 9, samples: 3, seed: 4 };
    const together = await generateTexts(model, tokenizer, ["ab", "c"], options);
    expect(together.slice(0, 3)).toEqual(await generateTexts(model, tokenizer, ["ab"], options));
    expect(together.slice(3)).toEqual(await generateTexts(model, tokenizer, ["c"], options));
    expect(together[3]).toBe(await generate(model, tokenizer, "c", { tokens: 9, seed: 4 }));
    expect(new Set(together).size).toBe(6);
  });

  it.each([["h"], ["gh"], [["ah", "bcd", "f"]]])("ends a text before what it is to stop at: %s", async (stop) => {
    const model = smallGPT();
    const options = { tokens: 200, samples: 4, seed: 2 };
    const free = await generateTexts(model, tokenizer, ["ab"], options);
    const told = ["ab", "ab", "ab", "ab"];
    let tokens = 0;
    const onToken = (piece: string, text: number) => {
      told[text] += piece;
      tokens++;
    };
    const texts = await generateTexts(model, tokenizer, ["ab"], { ...options, stop, onToken });
    const first = (text: string) =>
      Math.min(
        ...[stop]
          .flat()
          .map((s) => text.indexOf(s, 2))
          .filter((at) => at >= 0),
      );
    expect(texts).toEqual(free.map((text) => text.slice(0, first(text))));
    expect(told).toEqual(texts);
    expect(tokens).toBeLessThan(800);
  });

  it("does not take the prompt for what it is to stop at", async () => {
    const text = await generate(smallGPT(), tokenizer, "ab", { tokens: 5, seed: 2, stop: ["ab", "b"] });
    expect(text.slice(0, 2)).toBe("ab");
    await expect(generate(smallGPT(), tokenizer, "ab", { tokens: 5, stop: "" })).rejects.toThrow(
      /stop is an empty text/,
    );
  });

  it("writes characters of several bytes whole, though each token is one byte", async () => {
    const bytes = new ByteTokenizer();
    const model = new Bigrams(256);
    // After the first byte of a Cyrillic letter always its second one, and then the first of the next.
    noGrad(() => {
      model.table.weight.zero_();
      model.head.weight.zero_();
      model.head.bias!.copy_(
        tensor(Array.from({ length: 256 }, (_, byte) => (byte === 0xd0 || byte === 0xb6 ? 9 : 0))),
      );
    });
    const pieces: string[] = [];
    const text = await generate(model, bytes, "ж", {
      tokens: 40,
      topK: 2,
      seed: 1,
      onToken: (piece) => pieces.push(piece),
    });
    expect(text).toBe(`ж${pieces.join("")}`);
    expect(bytes.encode(text).length).toBeGreaterThan(2);
    expect(pieces.filter((piece) => piece === "ж").length).toBeGreaterThan(3);
  });
});

describe("a model that is generated from", () => {
  const noisy = () => {
    manualSeed(5);
    return new GPT({ vocabulary: 8, layers: 1, heads: 2, width: 8, context: 6, dropout: 0.5 });
  };

  it("is in its own mode again after two overlapping generations, none of which was disturbed", async () => {
    const model = noisy();
    const greedy = { strategy: "greedy" };
    const alone = await generate(model, tokenizer, "abc", { tokens: 1500, ...greedy });
    const [, beside] = await Promise.all([
      generate(model, tokenizer, "a", { tokens: 200, ...greedy }),
      generate(model, tokenizer, "abc", { tokens: 1500, ...greedy }),
    ]);
    expect(beside).toBe(alone);
    expect(model.training).toBe(true);
    expect(gradEnabled()).toBe(true);
  });

  it("may be trained meanwhile: it is in training mode whenever generation waits", async () => {
    const model = noisy();
    const modes: boolean[] = [];
    const generation = generateTokens(model, [[1]], { tokens: 3000, onTokens: () => modes.push(model.training) });
    let done = false;
    void generation.then(() => {
      done = true;
    });
    while (!done) {
      await new Promise((resolve) => setTimeout(resolve, 1));
      modes.push(model.training);
    }
    expect(new Set(modes)).toEqual(new Set([true]));
  });
});

/** A recurrent network without a layer of its own: h = tanh(embedding + W h); sees everything before, however long. */
class Recurrent extends Module {
  readonly table: Embedding;
  readonly step: Linear;
  readonly head: Linear;

  constructor(vocabulary: number, width: number) {
    super();
    this.table = new Embedding(vocabulary, width);
    this.step = new Linear(width, width);
    this.head = new Linear(width, vocabulary);
  }

  forward(tokens: Tensor): Tensor {
    return this.forwardCached(tokens, this.makeCache(tokens.shape[0]));
  }

  makeCache(batch: number): Hidden {
    return new Hidden(zeros([batch, this.step.weight.shape[0]]));
  }

  forwardCached(tokens: Tensor, state: Hidden): Tensor {
    const outputs: Tensor[] = [];
    for (let t = 0; t < tokens.shape[1]; t++) {
      const x = this.table.forward(tokens.select(1, t));
      state.hidden = keep(x.add(this.step.forward(state.hidden)).tanh());
      state.length++;
      outputs.push(this.head.forward(state.hidden));
    }
    return stack(outputs, 1);
  }
}

class Hidden implements GenerationState {
  hidden: Tensor;
  length = 0;

  constructor(hidden: Tensor) {
    this.hidden = hidden;
  }

  clear(): void {
    this.hidden = zeros(this.hidden.shape);
    this.length = 0;
  }

  reorder(rows: readonly number[]): void {
    this.hidden = this.hidden.indexSelect(0, tensor(Int32Array.from(rows)));
  }
}

describe("a recurrent model", () => {
  it("generates by the same function: from its state alone, several texts from one prompt, and each as it does alone", async () => {
    manualSeed(3);
    const model = new Recurrent(11, 12);
    noGrad(() => {
      for (const parameter of model.parameters()) parameter.mul_(4);
    });
    const read: number[] = [];
    const forwardCached = model.forwardCached.bind(model);
    model.forwardCached = (tokens, state) => {
      read.push(tokens.size);
      return forwardCached(tokens, state);
    };
    const prompts = [[1, 2, 3, 4], [5]];
    const options = { tokens: 60, samples: 2, seed: 1 };
    const together = await generateTokens(model, prompts, options);
    // Both prompts' first tokens; the rest of the longer one beside both samples of the shorter; then two samples of each.
    expect(read.slice(0, 6)).toEqual([2, 3, 3, 3, 4, 4]);
    expect(together.map(({ length }) => length)).toEqual([64, 64, 61, 61]);
    expect(together.slice(0, 2)).toEqual(await generateTokens(model, [prompts[0]], options));
    expect(together.slice(2)).toEqual(await generateTokens(model, [prompts[1]], options));

    const greedy = { tokens: 40, strategy: "greedy" };
    const [text] = await generateTokens(model, [[1, 2]], greedy);
    const whole = noGrad(() => model.forward(tensor([text], { dtype: "int32" })));
    expect(text.slice(2)).toEqual(Array.from(whole.argmax(-1).dataSync()).slice(1, -1));
  });
});

describe("a strategy of one's own", () => {
  it("is chosen by its name once it is registered", async () => {
    registerStrategy({
      name: "least likely",
      search: (_prompt, { tokens, tell }) => {
        const text: number[] = [];
        return {
          grow: ([logits]) => {
            const token = Array.from(logits).indexOf(Math.min(...Array.from(logits)));
            text.push(token);
            return tell(0, token) || text.length === tokens ? [] : [{ from: 0, token }];
          },
          results: () => [{ tokens: text }],
        };
      },
    });
    const model = smallGPT();
    const [text] = await generateTokens(model, [[1, 2]], { tokens: 3, strategy: "least likely" });
    const logits = noGrad(() => model.forward(tensor([text], { dtype: "int32" })));
    expect(text.slice(2)).toEqual(Array.from(logits.argmin(-1).dataSync()).slice(1, -1));
    expect(strategyNames()).toContain("least likely");
    expect(() => registerStrategy({ name: "greedy", search: () => ({ grow: () => [], results: () => [] }) })).toThrow(
      'registerStrategy: there is a strategy "greedy" already',
    );
  });
});
