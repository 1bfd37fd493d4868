import { defineOp, mseLoss, nextTask, noGrad, randn, type Tensor, tensor } from "@lectern/autograd";
import { Linear } from "@lectern/nn";
import { AdamW } from "@lectern/train";
import { besideUsed, SQUARED_ERROR, trainTwice } from "../../../scripts/src/course/curves.ts";
import { defineUse } from "../../../scripts/src/course/use.ts";
import { type Figure, lines } from "../../../scripts/src/report/figures.ts";
import { inLanguages, type Language } from "../../../scripts/src/report/language.ts";
import type { SlowMatrix } from "./starter.ts";

type Product = typeof import("./starter.ts").matmul;
type Matmul = (a: Tensor, b: Tensor) => Tensor;

/** A matrix over plain numbers, row after row, that counts its loads. */
class Counted implements SlowMatrix {
  readonly rows: number;
  readonly columns: number;
  loads = 0;
  readonly #values: ArrayLike<number>;

  constructor(values: ArrayLike<number>, rows: number, columns: number) {
    this.#values = values;
    this.rows = rows;
    this.columns = columns;
  }

  static of(x: Tensor): Counted {
    return new Counted(x.dataSync(), x.shape[0], x.shape[1]);
  }

  load(row: number, column: number): number {
    this.loads++;
    return this.#values[row * this.columns + column];
  }
}

/** The product of tensors by the student's function. a: [rows, inner], b: [inner, columns] -> [rows, columns] */
function opOf(product: Product, tile: number): Matmul {
  const multiply = (a: Tensor, b: Tensor): Tensor =>
    tensor(product(Counted.of(a), Counted.of(b), tile), { shape: [a.shape[0], b.shape[1]], device: a.device });
  return defineOp("tiledMatmul", {
    forward(ctx, a: Tensor, b: Tensor): Tensor {
      ctx.save(a, b);
      return multiply(a, b);
    },
    backward(ctx, dy) {
      const [a, b] = ctx.saved;
      return [multiply(dy, b.T), multiply(a.T, dy)];
    },
  });
}

class OwnLinear extends Linear {
  readonly #matmul: Matmul;

  constructor(inputs: number, outputs: number, matmul: Matmul) {
    super(inputs, outputs);
    this.#matmul = matmul;
  }

  override forward(x: Tensor): Tensor {
    return this.#matmul(x, this.weight.T).add(this.bias!);
  }
}

interface Cost {
  readonly tile: number;
  readonly loads: number;
  readonly seconds: number;
}

/** What a product of two matrices of size n costs in tiles of this size. */
function costOf(product: Product, n: number, tile: number): Cost {
  const [a, b] = noGrad(() => [Counted.of(randn([n, n])), Counted.of(randn([n, n]))]);
  const start = performance.now();
  product(a, b, tile);
  return { tile, loads: a.loads + b.loads, seconds: (performance.now() - start) / 1000 };
}

/** A linear layer learns by the student's product; then loads and time are measured by the size of the tile. */
export const use = defineUse<typeof import("./starter.ts")>(async (student, context) => {
  const { quick } = context;
  const own = opOf(student.matmul, 8);
  const curves = await trainTwice(context, { full: 200, quick: 8 }, (isMine) => {
    const [batch, width] = quick ? [16, 6] : [100, 30];
    const x = randn([batch, width]);
    const y = x.matmul(randn([width, 10])).add(randn([batch, 10]).mul(0.3));
    const layer = new OwnLinear(width, 10, isMine ? own : (a, b) => a.matmul(b));
    const optimizer = new AdamW(layer.parameters(), { lr: 0.05, weightDecay: 0 });
    return () => {
      const loss = mseLoss(layer.forward(x), y);
      const value = loss.itemSync();
      loss.backward();
      optimizer.step();
      optimizer.zeroGrad();
      return value;
    };
  });
  const n = quick ? 24 : 256;
  const costs: Cost[] = [];
  // The first call is there for V8, which compiles what is called often.
  costOf(student.matmul, n, 8);
  for (const tile of [1, 2, 4, 8, 16, 32, 64].filter((tile) => tile <= n)) {
    costs.push(costOf(student.matmul, n, tile));
    await nextTask();
  }
  const told = besideUsed({ en: "your product", ru: "вашим умножением" }, curves, SQUARED_ERROR);
  return {
    says: (language) => `${told.says(language)} ${words[language].says(n, costs)}`,
    figures: (language) => [...told.figures(language), loadFigure(costs, n, language), timeFigure(costs, n, language)],
  };
});

const times = ([first, ...rest]: readonly Cost[]): number => Math.round(first.loads / rest.at(-1)!.loads);

const words = inLanguages({
  en: {
    says: (n: number, costs: readonly Cost[]) =>
      `For two matrices of ${n} x ${n}, tiles of ${costs.at(-1)!.tile} take ${times(costs)} times fewer loads than tiles of one number.`,
    loads: "Loads by the size of the tile",
    loadsCaption: (n: number) =>
      `Numbers that were loaded for a product of ${n} x ${n}; each doubling of the tile halves them.`,
    loadsAlt: "A curve of the loads over the tile's size, both logarithmic: it falls in a straight line.",
    seconds: "Time by the size of the tile",
    secondsCaption: (n: number) =>
      `Seconds for a product of ${n} x ${n}, measured once; whatever else runs on the machine is in it.`,
    secondsAlt: "A curve of the time over the tile's size: it falls first, and then stays.",
    tile: "tile",
    ofLoads: "loads, millions",
    ofSeconds: "seconds",
    yours: "your product",
  },
  ru: {
    says: (n: number, costs: readonly Cost[]) =>
      `Для двух матриц ${n} × ${n} при размере блока ${costs.at(-1)!.tile} загрузок меньше, чем при блоках из одного числа, в такое число раз: ${times(costs)}.`,
    loads: "Загрузки и размер блока",
    loadsCaption: (n: number) =>
      `Сколько чисел загружено ради произведения ${n} × ${n}: блок вдвое больше — загрузок вдвое меньше.`,
    loadsAlt: "Кривая числа загрузок в зависимости от размера блока, обе оси логарифмические: она убывает по прямой.",
    seconds: "Время и размер блока",
    secondsCaption: (n: number) =>
      `Секунды на произведение ${n} × ${n}, одно измерение; всё, что ещё работает на компьютере, тоже влияет.`,
    secondsAlt: "Кривая времени в зависимости от размера блока: сначала убывает, потом почти не меняется.",
    tile: "размер блока",
    ofLoads: "загрузки, млн",
    ofSeconds: "секунды",
    yours: "ваше умножение",
  },
});

function loadFigure(costs: readonly Cost[], n: number, language: Language): Figure {
  const w = words[language];
  return lines({
    id: "loads",
    ...{ title: w.loads, caption: w.loadsCaption(n), alt: w.loadsAlt },
    x: { label: w.tile, log: true },
    y: { label: w.ofLoads, log: true },
    series: [{ name: w.yours, points: costs.map(({ tile, loads }) => [tile, loads / 1e6] as const) }],
  });
}

function timeFigure(costs: readonly Cost[], n: number, language: Language): Figure {
  const w = words[language];
  return lines({
    id: "seconds",
    ...{ title: w.seconds, caption: w.secondsCaption(n), alt: w.secondsAlt },
    x: { label: w.tile, log: true },
    y: { label: w.ofSeconds, from: 0 },
    series: [{ name: w.yours, points: costs.map(({ tile, seconds }) => [tile, seconds] as const) }],
  });
}
