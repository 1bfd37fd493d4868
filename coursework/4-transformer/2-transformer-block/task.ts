import type { Draws } from "../../../scripts/src/course/draws.ts";
import {
  attendInHeads,
  causal,
  derivatives,
  gelu,
  layerNorm,
  linear,
  type Matrix,
  mapped,
  plus,
  sum,
  times,
} from "../../../scripts/src/course/plain.ts";
import { defineTask } from "../../../scripts/src/course/task.ts";
import type { exercises } from "./exercise.ts";

interface Given {
  x: number[][];
  heads: number;
  vectors: Record<string, number[]>;
  matrices: Record<string, number[][]>;
}

/** A block's parts, as functions. */
interface Parts {
  norm1(x: Matrix): number[][];
  attention(x: Matrix): number[][];
  norm2(x: Matrix): number[][];
  expand(x: Matrix): number[][];
  contract(x: Matrix): number[][];
  gelu(x: Matrix): number[][];
  /** contract(gelu(expand(x))) */
  mlp(x: Matrix): number[][];
}

function partsOf({ heads, vectors, matrices }: Given): Parts {
  const norm = (name: string) => (x: Matrix) =>
    x.map((row) => layerNorm(row, vectors[`${name}.weight`], vectors[`${name}.bias`]));
  const affine = (name: string) => (x: Matrix) =>
    mapped(linear(x, matrices[`${name}.weight`]), (value, _, j) => value + vectors[`${name}.bias`][j]);
  const parts = {
    norm1: norm("norm1"),
    norm2: norm("norm2"),
    expand: affine("expand"),
    contract: affine("contract"),
    gelu: (x: Matrix) => mapped(x, gelu),
    attention(x: Matrix) {
      const width = x[0].length;
      const all = linear(x, matrices["attention.qkv.weight"]);
      const [q, k, v] = [0, 1, 2].map((part) => all.map((row) => row.slice(part * width, (part + 1) * width)));
      return linear(attendInHeads(heads, q, k, v, { seen: causal }), matrices["attention.out.weight"]);
    },
  };
  return { ...parts, mlp: (x) => parts.contract(parts.gelu(parts.expand(x))) };
}

/** A block put together in some way. */
const block =
  (puttingTogether: (x: Matrix, parts: Parts) => number[][]) =>
  (given: Given): number[][] =>
    puttingTogether(given.x, partsOf(given));

/** x + attention(norm1(x)) */
const attended = (x: Matrix, { attention, norm1 }: Parts): number[][] => plus(x, attention(norm1(x)));

const rightBlock = block((x, parts) => {
  const a = attended(x, parts);
  return plus(a, parts.mlp(parts.norm2(a)));
});

/** The block with another network behind the attention. */
const withMLP = (mlp: (z: Matrix, parts: Parts) => number[][]) =>
  block((x, parts) => {
    const a = attended(x, parts);
    return plus(a, mlp(parts.norm2(a), parts));
  });

function drawBlock(random: Draws): Given {
  const [width, heads] = [4, random.choice([1, 2])];
  const vector = (size: number) => random.vector(size, -1, 1);
  const matrix = (rows: number, columns: number) => random.matrix(rows, columns, -1, 1);
  return {
    x: random.matrix(random.integer(3, 4), width),
    heads,
    vectors: {
      "norm1.weight": random.vector(width, 0.5, 1.5),
      "norm1.bias": vector(width),
      "norm2.weight": random.vector(width, 0.5, 1.5),
      "norm2.bias": vector(width),
      "expand.bias": vector(4 * width),
      "contract.bias": vector(width),
    },
    matrices: {
      "attention.qkv.weight": matrix(3 * width, width),
      "attention.out.weight": matrix(width, width),
      "expand.weight": matrix(4 * width, width),
      "contract.weight": matrix(width, 4 * width),
    },
  };
}

export const task = defineTask<typeof exercises>()({
  todo: {
    en: "Open transformer-block.ts and write forward: x plus attention of its norm, then that plus the network of its norm.",
    ru: "Откройте transformer-block.ts и напишите forward: x плюс внимание от его нормы, затем полученное плюс сеть от его нормы.",
  },
  mistakes: {
    noResiduals: {
      en: "Nothing is added to: attention and network replace what was there. Both add: x + attention(norm1(x)), and so behind it.",
      ru: "Ничего не прибавляется: внимание и сеть заменяют то, что было. Оба должны прибавлять: x + attention(norm1(x)), и дальше так же.",
    },
    noFirst: {
      en: "The first residual is missing: what attention gives has to be added to x.",
      ru: "Нет первой остаточной связи: результат внимания нужно прибавить к x.",
    },
    noSecond: {
      en: "The second residual is missing: what the network gives has to be added to what went into norm2.",
      ru: "Нет второй остаточной связи: результат сети нужно прибавить к тому, что вошло в norm2.",
    },
    postNorm: {
      en: "That is post-norm: norm(x + f(x)). Here the norm stands before the part, and not behind the sum: x + f(norm(x)).",
      ru: "Это post-norm: norm(x + f(x)). Здесь нормализация стоит перед частью, а не после суммы: x + f(norm(x)).",
    },
    noNorms: {
      en: "Both norms are missing: each part reads its input through one.",
      ru: "Не хватает обеих нормализаций: каждая часть получает свой вход через неё.",
    },
    addedToNorm: {
      en: "The parts were added to the norm of x. Added to is x itself; do not overwrite it by its norm.",
      ru: "Прибавлено к нормализованному x. Прибавлять нужно к самому x: не записывайте в него его же норму.",
    },
    besideEachOther: {
      en: "The network reads x, as the attention does. It has to read what attention has added to: norm2(a).",
      ru: "Сеть получает x, как и внимание. А должна получать то, к чему внимание уже прибавило своё: norm2(a).",
    },
    addedToX: {
      en: "What the network gives was added to x, and what attention had added is lost. Add it to a.",
      ru: "Результат сети прибавлен к x, и вклад внимания потерян. Прибавлять нужно к a.",
    },
    mlpFirst: {
      en: "The network comes before the attention. First attention, then the network.",
      ru: "Сеть стоит перед вниманием. Сначала внимание, потом сеть.",
    },
    oneNorm: {
      en: "norm1 was used twice. The network has a norm of its own, norm2.",
      ru: "Дважды использована norm1. У сети своя нормализация, norm2.",
    },
    noGelu: {
      en: "GELU is missing: two linear layers in a row are one linear layer. It stands between expand and contract.",
      ru: "Нет GELU: два линейных слоя подряд — это один линейный слой. Место GELU между expand и contract.",
    },
    relu: {
      en: "That is ReLU. Here it is GELU: this.expand.forward(…).gelu().",
      ru: "Это ReLU. А нужна GELU: this.expand.forward(…).gelu().",
    },
    geluLate: {
      en: "GELU stands behind contract. Its place is between expand and contract.",
      ru: "GELU стоит после contract. Её место между expand и contract.",
    },
  },
  tests: [
    {
      exercise: "outputs",
      points: 8,
      says: { en: "the block, with given weights", ru: "блок с заданными весами" },
      draw: drawBlock,
      expected: rightBlock,
      mistakes: {
        noResiduals: block((x, { norm1, attention, norm2, mlp }) => mlp(norm2(attention(norm1(x))))),
        noFirst: block((x, { norm1, attention, norm2, mlp }) => {
          const a = attention(norm1(x));
          return plus(a, mlp(norm2(a)));
        }),
        noSecond: block((x, parts) => parts.mlp(parts.norm2(attended(x, parts)))),
        postNorm: block((x, { norm1, attention, norm2, mlp }) => {
          const a = norm1(plus(x, attention(x)));
          return norm2(plus(a, mlp(a)));
        }),
        noNorms: block((x, { attention, mlp }) => {
          const a = plus(x, attention(x));
          return plus(a, mlp(a));
        }),
        addedToNorm: block((x, { norm1, attention, norm2, mlp }) => {
          const first = norm1(x);
          const second = norm2(plus(first, attention(first)));
          return plus(second, mlp(second));
        }),
        besideEachOther: block((x, parts) => plus(attended(x, parts), parts.mlp(parts.norm2(x)))),
        addedToX: block((x, parts) => plus(x, parts.mlp(parts.norm2(attended(x, parts))))),
        mlpFirst: block((x, { norm1, attention, norm2, mlp }) => {
          const a = plus(x, mlp(norm2(x)));
          return plus(a, attention(norm1(a)));
        }),
        oneNorm: block((x, parts) => {
          const a = attended(x, parts);
          return plus(a, parts.mlp(parts.norm1(a)));
        }),
        noGelu: withMLP((z, { expand, contract }) => contract(expand(z))),
        relu: withMLP((z, { expand, contract }) => contract(mapped(expand(z), (value) => Math.max(0, value)))),
        geluLate: withMLP((z, { expand, contract, gelu: late }) => late(contract(expand(z)))),
      },
    },
    {
      exercise: "gradient",
      points: 2,
      says: { en: "the gradient comes back to x", ru: "градиент доходит до x" },
      times: 1,
      draw(random) {
        const given = drawBlock(random);
        return { ...given, factors: random.matrix(given.x.length, 4) };
      },
      tolerance: 1e-3,
      expected: ({ factors, ...given }) =>
        derivatives((x) => sum(times(rightBlock({ ...given, x: x.map((row) => [...row]) }), factors).flat()), given.x),
    },
  ],
  hints: [
    {
      en: "Two lines: one for the attention, and one for the network.",
      ru: "Две строки: одна для внимания, одна для сети.",
    },
    {
      en: "const a = x.add(this.attention.forward(this.norm1.forward(x)));",
      ru: "const a = x.add(this.attention.forward(this.norm1.forward(x)));",
    },
    {
      en: "The network of something: this.contract.forward(this.expand.forward(something).gelu()). Something is this.norm2.forward(a).",
      ru: "Сеть от чего-то: this.contract.forward(this.expand.forward(что-то).gelu()). Это «что-то» — this.norm2.forward(a).",
    },
  ],
});
