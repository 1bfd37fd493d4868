import {
  attendInHeads,
  causal,
  derivatives,
  linear,
  type Matrix,
  type Seen,
  sum,
  times,
} from "../../../scripts/src/course/plain.ts";
import { defineTask } from "../../../scripts/src/course/task.ts";
import type { exercises } from "./exercise.ts";

/** The columns from `from` on. */
const columns = (x: Matrix, from: number, count: number): number[][] => x.map((row) => row.slice(from, from + count));

interface Layer {
  heads: number;
  x: number[][][];
  qkv: number[][];
  out: number[][];
}

interface Variant {
  /** Queries, keys and values, by their places in qkv. */
  order?: readonly number[];
  seen?: Seen;
  /** Whether there is one head only. */
  one?: boolean;
  /** Whether the root is that of the width. */
  wholeWidth?: boolean;
  /** Whether what the heads have found is mixed. */
  mixed?: boolean;
}

/** The layer, right unless a variant says otherwise. */
const layer =
  ({ order = [0, 1, 2], seen = causal, one = false, wholeWidth = false, mixed = true }: Variant = {}) =>
  ({ heads, x, qkv, out }: Layer): number[][][] =>
    x.map((sequence) => {
      const width = out.length;
      const all = linear(sequence, qkv);
      const [q, k, v] = order.map((place) => columns(all, place * width, width));
      const factor = wholeWidth ? 1 / Math.sqrt(width) : undefined;
      const found = attendInHeads(one ? 1 : heads, q, k, v, { factor, seen });
      return mixed ? linear(found, out) : found;
    });

/** The number at a place of the heads [batch, heads, time, size], and all in the order in which they lie in memory. */
function headsOf(x: number[][][], heads: number, at: (row: number[], head: number, i: number, size: number) => number) {
  const size = x[0][0].length / heads;
  const values = x.flatMap((sequence) =>
    Array.from({ length: heads }, (_, h) =>
      sequence.flatMap((row) => Array.from({ length: size }, (_, i) => at(row, h, i, size))),
    ).flat(),
  );
  return { shape: [x.length, heads, x[0].length, size], values };
}

/** [batch, heads, time, size] -> [batch, time, width], where number i of head h goes to a place of the width. */
const merged = (all: number[][][][], place: (head: number, i: number) => number): number[][][] =>
  all.map((heads) =>
    heads[0].map((_, t) => {
      const row: number[] = [];
      for (const [h, head] of heads.entries()) for (const [i, value] of head[t].entries()) row[place(h, i)] = value;
      return row;
    }),
  );

/** The same numbers in the same order, in rows of another length. */
function rowsOf(values: readonly number[], width: number): number[][] {
  return Array.from({ length: values.length / width }, (_, i) => values.slice(i * width, (i + 1) * width));
}

export const task = defineTask<typeof exercises>()({
  todo: {
    en: "Open multi-head.ts and begin with splitHeads: a reshape to [batch, time, heads, size], then heads before time.",
    ru: "Откройте multi-head.ts и начните с splitHeads: reshape к [batch, time, heads, size], затем ось голов перед осью позиций.",
  },
  mistakes: {
    reshaped: {
      en: "The heads came about by a reshape alone, so a head gets pieces of one position after another. First reshape to [batch, time, heads, size], then transpose(1, 2).",
      ru: "Головы получены одним reshape, и голове достаются куски одной позиции. Сначала reshape к [batch, time, heads, size], потом transpose(1, 2).",
    },
    notTransposed: {
      en: "The heads stand behind the positions, [batch, time, heads, size]. Attention works on the last two axes, so transpose(1, 2) is missing.",
      ru: "Ось голов стоит после позиций: [batch, time, heads, size]. Внимание работает с двумя последними осями, поэтому нужен ещё transpose(1, 2).",
    },
    interleaved: {
      en: "The heads take the numbers of the width in turns, as if it were [size, heads]. Head h gets the size numbers from h * size on: [heads, size].",
      ru: "Головы берут числа ширины по очереди, как если бы она состояла из [size, heads]. Голове h достаются size чисел подряд, начиная с h * size: [heads, size].",
    },
    mergeReshaped: {
      en: "The heads were merged by a reshape alone, so the rows mix positions. First transpose(1, 2), then reshape.",
      ru: "Головы слиты одним reshape, и в строках перемешались позиции. Сначала transpose(1, 2), потом reshape.",
    },
    mergeInterleaved: {
      en: "The heads were merged in the wrong order: a row takes one number of each head in turns. It has to be all of head 0, then all of head 1: [time, heads, size].",
      ru: "Головы слиты не в том порядке: числа разных голов чередуются. Должна идти вся голова 0, за ней вся голова 1: [time, heads, size].",
    },
    noOut: {
      en: "What the heads have found was not mixed: the last step is this.out.forward(…).",
      ru: "Найденное головами не смешано: последний шаг — this.out.forward(…).",
    },
    open: {
      en: "Positions see the future: the attention has to be causal.",
      ru: "Позиции видят будущее: внимание должно быть с причинной маской.",
    },
    oneHead: {
      en: "That is a single attention over the whole width: split queries, keys and values into heads first.",
      ru: "Это одно внимание на всю ширину: сначала разделите запросы, ключи и значения на головы.",
    },
    scaleByWidth: {
      en: "The scores were divided by the root of the whole width. A head's queries have the size width / heads.",
      ru: "Оценки поделены на корень из всей ширины. А размер запроса в одной голове равен width / heads.",
    },
    order: {
      en: "Queries, keys and values were taken in another order: qkv gives queries first, then keys, then values.",
      ru: "Запросы, ключи и значения взяты в другом порядке: в qkv сначала идут запросы, потом ключи, потом значения.",
    },
  },
  tests: [
    {
      exercise: "split",
      points: 3,
      says: {
        en: "splitHeads: each head has its own part of the width",
        ru: "splitHeads: у каждой головы своя часть ширины",
      },
      draw(random) {
        const heads = random.integer(2, 3);
        return { heads, x: random.matrices(2, random.integer(4, 5), heads * random.integer(2, 3)) };
      },
      expected: ({ x, heads }) => headsOf(x, heads, (row, h, i, size) => row[h * size + i]),
      mistakes: {
        reshaped: ({ x, heads }) => ({ ...headsOf(x, heads, () => 0), values: x.flat(2) }),
        notTransposed: ({ x, heads }) => ({
          shape: [x.length, x[0].length, heads, x[0][0].length / heads],
          values: x.flat(2),
        }),
        interleaved: ({ x, heads }) => headsOf(x, heads, (row, h, i) => row[i * heads + h]),
      },
    },
    {
      exercise: "merge",
      points: 2,
      says: { en: "mergeHeads: the way back", ru: "mergeHeads: обратный путь" },
      draw(random) {
        const [heads, time, size] = [random.integer(2, 3), random.integer(4, 5), random.integer(2, 3)];
        return { heads: [0, 1].map(() => random.matrices(heads, time, size)) };
      },
      expected: ({ heads }) => merged(heads, (h, i) => h * heads[0][0][0].length + i),
      mistakes: {
        mergeReshaped: ({ heads }) => heads.map((all) => rowsOf(all.flat(2), all.length * all[0][0].length)),
        mergeInterleaved: ({ heads }) => merged(heads, (h, i) => i * heads[0].length + h),
      },
    },
    {
      exercise: "layer",
      points: 4,
      says: { en: "the layer, with given matrices", ru: "слой с заданными матрицами" },
      draw(random) {
        const heads = random.integer(2, 3);
        const width = 2 * heads;
        return {
          heads,
          x: random.matrices(2, 4, width, -1, 1),
          qkv: random.matrix(3 * width, width, -1, 1),
          out: random.matrix(width, width, -1, 1),
        };
      },
      expected: layer(),
      mistakes: {
        noOut: layer({ mixed: false }),
        open: layer({ seen: () => true }),
        oneHead: layer({ one: true }),
        scaleByWidth: layer({ wholeWidth: true }),
        order: (given, output) =>
          [
            [0, 2, 1],
            [1, 0, 2],
            [1, 2, 0],
            [2, 0, 1],
            [2, 1, 0],
          ].some((order) => near(output, layer({ order })(given))),
      },
    },
    {
      exercise: "gradient",
      points: 2,
      says: { en: "gradients come back to the matrices", ru: "градиент доходит до матриц" },
      times: 1,
      draw: (random) => ({
        heads: 2,
        x: random.matrices(1, 3, 4, -1, 1),
        qkv: random.matrix(12, 4, -1, 1),
        out: random.matrix(4, 4, -1, 1),
        factors: random.matrices(1, 3, 4),
      }),
      expected: ({ factors, ...given }) =>
        derivatives((qkv) => {
          const [outputs] = layer()({ ...given, qkv: qkv.map((row) => [...row]) });
          return sum(times(outputs, factors[0]).flat());
        }, given.qkv),
    },
  ],
  hints: [
    {
      en: "const [batch, time, width] = x.shape; the size of a head is width / heads.",
      ru: "const [batch, time, width] = x.shape; размер головы равен width / heads.",
    },
    {
      en: "splitHeads: x.reshape(batch, time, heads, width / heads).transpose(1, 2). mergeHeads does the same backwards.",
      ru: "splitHeads: x.reshape(batch, time, heads, width / heads).transpose(1, 2). mergeHeads делает то же в обратном порядке.",
    },
    {
      en: "forward begins: const [queries, keys, values] = this.qkv.forward(x).split(width, -1).map((part) => splitHeads(part, this.heads));",
      ru: "forward начинается так: const [queries, keys, values] = this.qkv.forward(x).split(width, -1).map((part) => splitHeads(part, this.heads));",
    },
    {
      en: "… and ends: return this.out.forward(mergeHeads(scaledDotProductAttention(queries, keys, values, { causal: true })));",
      ru: "…и кончается так: return this.out.forward(mergeHeads(scaledDotProductAttention(queries, keys, values, { causal: true })));",
    },
  ],
});

function near(a: number[][][], b: number[][][]): boolean {
  const [one, other] = [a.flat(2), b.flat(2)];
  return one.length === other.length && one.every((value, i) => Math.abs(value - other[i]) < 1e-4);
}
