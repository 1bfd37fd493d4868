import { crossEntropy, gpuInfo, nextTask, openGpu, randn, random, type Tensor, tensor } from "@lectern/autograd";
import { Linear, Module } from "@lectern/nn";
import { AdamW } from "@lectern/train";
import { besideUsed, trainTwice } from "../../../scripts/src/course/curves.ts";
import { defineUse } from "../../../scripts/src/course/use.ts";
import { type Figure, tableOf } from "../../../scripts/src/report/figures.ts";
import { inLanguages, type Language, numbersIn } from "../../../scripts/src/report/language.ts";

type Matmul = (a: Tensor, b: Tensor) => Tensor;
const ofLibrary: Matmul = (a, b) => a.matmul(b);

/** A linear layer with a product of one's own. x: [batch, inputs] -> [batch, outputs] */
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

/** Three layers. x: [batch, 2] -> logits [batch, 2] */
class Network extends Module {
  readonly layers: readonly OwnLinear[];

  constructor(matmul: Matmul, width: number) {
    super();
    this.layers = [
      [2, width],
      [width, width],
      [width, 2],
    ].map(([inputs, outputs]) => new OwnLinear(inputs, outputs, matmul));
  }

  forward(x: Tensor): Tensor {
    const [first, second, last] = this.layers;
    return last.forward(second.forward(first.forward(x).tanh()).tanh());
  }
}

/** Points of two spirals, each point a little beside its own, and which spiral each is of. */
function spirals(count: number) {
  const points = Array.from({ length: count }, (_, i) => {
    const along = random();
    const angle = 3 * along + Math.PI * (i % 2);
    const beside = () => (random() - 0.5) * 0.6;
    return [2 * along * Math.cos(angle) + beside(), 2 * along * Math.sin(angle) + beside()];
  });
  return { points, kinds: points.map((_, i) => i % 2) };
}

/** Milliseconds of one product, the best of a few. */
async function milliseconds(matmul: Matmul, device: string, n: number): Promise<number> {
  const [a, b] = [randn([n, n], { device }), randn([n, n], { device })];
  await matmul(a, b).data();
  let best = Number.POSITIVE_INFINITY;
  for (let i = 0; i < 3; i++) {
    const start = performance.now();
    await matmul(a, b).data();
    best = Math.min(best, performance.now() - start);
    await nextTask();
  }
  return best;
}

const BACKENDS = { webgpu: "WebGPU", webgl2: "WebGL 2", webasm: "WebAssembly" };

/** A network whose layers multiply by the student's kernel, which gpu.js translates for the best that this machine has. */
export const use = defineUse<typeof import("./starter.ts")>(async ({ matmul }, context) => {
  await openGpu();
  const curves = await trainTwice(context, { full: 200, quick: 6 }, (isMine) => {
    const { points, kinds } = spirals(context.quick ? 16 : 128);
    const x = tensor(points, { device: "gpu" });
    const targets = tensor(kinds, { device: "gpu", dtype: "int32" });
    const network = new Network(isMine ? matmul : ofLibrary, context.quick ? 8 : 32).to("gpu");
    const optimizer = new AdamW(network.parameters(), { lr: 0.01, weightDecay: 0 });
    return async () => {
      const loss = crossEntropy(network.forward(x), targets);
      loss.backward();
      optimizer.step();
      optimizer.zeroGrad();
      return await loss.item();
    };
  });
  const rows: number[][] = [];
  for (const n of context.quick ? [16] : [64, 128, 256]) {
    const times = [
      await milliseconds(matmul, "gpu", n),
      await milliseconds(ofLibrary, "gpu", n),
      await milliseconds(matmul, "cpu", n),
      await milliseconds(ofLibrary, "cpu", n),
    ];
    rows.push([n, ...times]);
  }
  const told = besideUsed({ en: "your kernel", ru: "вашим ядром" }, curves);
  const { backend } = gpuInfo();
  return {
    says: (language) => `${told.says(language)} ${words[language].says(BACKENDS[backend])}`,
    figures: (language) => [...told.figures(language), table(rows, language)],
  };
});

const words = inLanguages({
  en: {
    says: (backend: string) => `gpu.js translated your kernel for ${backend}.`,
    title: "How long a product takes",
    caption:
      "Milliseconds for two square matrices of this size, the best of three; the times of other programs are in it too.",
    alt: "A table with the size of the matrices, and the time with your kernel and with the library's product on two devices.",
    columns: ["size", "your kernel, gpu", "the library's, gpu", "your kernel, called on the cpu", "the library's, cpu"],
  },
  ru: {
    says: (backend: string) => `gpu.js перевёл ваше ядро для ${backend}.`,
    title: "Сколько длится одно умножение",
    caption:
      "Миллисекунды на две квадратные матрицы такого размера, лучшее из трёх измерений; другие программы тоже влияют на время.",
    alt: "Таблица: размер матриц и время с вашим ядром и с библиотечным умножением на двух устройствах.",
    columns: ["размер", "ваше ядро, gpu", "библиотека, gpu", "ваше ядро, вызовами на cpu", "библиотека, cpu"],
  },
});

function table(rows: readonly number[][], language: Language): Figure {
  const { title, caption, alt, columns } = words[language];
  const number = numbersIn(language);
  return tableOf({
    id: "times",
    title,
    caption,
    alt,
    columns,
    rows: rows.map((row) => row.map((value) => number(value))),
  });
}
