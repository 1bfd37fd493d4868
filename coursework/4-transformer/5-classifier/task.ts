import type { Draws } from "../../../scripts/src/course/draws.ts";
import { defineTask } from "../../../scripts/src/course/task.ts";
import type { Classified, exercises, Sizes } from "./exercise.ts";

const sum = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0);
const mean = (values: readonly number[]): number => sum(values) / values.length;

/** What may be otherwise than is right. */
interface Way {
  positions?: boolean;
  /** How many blocks are gone through; all unless given. */
  blocks?: number;
  /** Whether the blocks, and the pooling, know the mask. */
  maskedBlocks?: boolean;
  maskedPooling?: boolean;
  norm?: boolean;
}

/** The mean of vectors, of those alone that are seen. */
function meanOf(x: readonly number[][], seen: readonly number[]): number[] {
  const count = sum(seen);
  return x[0].map((_, w) => sum(x.map((vector, t) => seen[t] * vector[w])) / count);
}

function normalised(vector: readonly number[]): number[] {
  const middle = mean(vector);
  const variance = mean(vector.map((value) => (value - middle) ** 2));
  return vector.map((value) => (value - middle) / Math.sqrt(variance + 1e-5));
}

/** The logits of each sequence by the formula, or with something in it otherwise. */
function logits(given: Classified, way: Way = {}): number[][] {
  const { positions = true, blocks, maskedBlocks = true, maskedPooling = true, norm = true } = way;
  return given.tokens.map((tokens, b) => {
    const everywhere = tokens.map(() => 1);
    let x = tokens.map((token, t) =>
      given.embedding[token].map((value, w) => value + (positions ? given.positions[t][w] : 0)),
    );
    for (const slope of given.slopes.slice(0, blocks)) {
      const all = meanOf(x, maskedBlocks ? given.mask[b] : everywhere);
      x = x.map((vector) => vector.map((value, w) => Math.tanh(slope * value) + all[w]));
    }
    if (norm) x = x.map(normalised);
    const pooled = meanOf(x, maskedPooling ? given.mask[b] : everywhere);
    return given.head.map((weights) => sum(weights.map((weight, w) => weight * pooled[w])));
  });
}

const softmax = (row: readonly number[]): number[] => {
  const powers = row.map(Math.exp);
  return powers.map((power) => power / sum(powers));
};

/** The loss of each sequence. */
const losses = (rows: readonly number[][], labels: readonly number[]): number[] =>
  rows.map((row, b) => -Math.log(softmax(row)[labels[b]]));

/** Numbers that the library's layers learn, part by part. */
function numbersOf({ vocabulary, context, width, layers }: Sizes): number[] {
  const attention = 4 * width ** 2;
  const mlp = 2 * 4 * width ** 2 + 4 * width + width;
  return [vocabulary * width, context * width, layers * (attention + mlp + 4 * width), 2 * width];
}

const [VOCABULARY, WIDTH, CLASSES] = [6, 4, 3];

function classified(random: Draws): Classified {
  const time = 4;
  const lengths = random.shuffled([2, 3, 4]);
  return {
    embedding: random.matrix(VOCABULARY, WIDTH),
    positions: random.matrix(time + 1, WIDTH),
    slopes: [random.uniform(0.3, 0.6), random.uniform(1.5, 2.5)],
    head: random.matrix(CLASSES, WIDTH),
    tokens: lengths.map((length) => Array.from({ length: time }, (_, t) => (t < length ? random.integer(1, 5) : 0))),
    mask: lengths.map((length) => Array.from({ length: time }, (_, t) => (t < length ? 1 : 0))),
  };
}

export const task = defineTask<typeof exercises>()({
  todo: {
    en: "Open classifier.ts and write the constructor, which makes the layers, forward, through which a batch goes, and loss.",
    ru: "Откройте classifier.ts и напишите конструктор (создаёт слои), forward (через него идёт порция) и loss.",
  },
  mistakes: {
    sharedBlock: {
      en: "All blocks are one and the same: new Array(n).fill(new …) makes one. Array.from({ length: layers }, () => new …) makes each.",
      ru: "Все блоки — один и тот же объект: new Array(n).fill(new …) создаёт один. По отдельности их создаёт Array.from({ length: layers }, () => new …).",
    },
    causal: {
      en: "The blocks are causal: a position does not see what comes behind it. To classify, each sees the whole text: causal: false.",
      ru: "Блоки причинные: позиция не видит того, что правее. Для классификации каждая видит весь текст: causal: false.",
    },
    noPositions: {
      en: "The positions are not added: then the order of the tokens does not matter to the model.",
      ru: "Не прибавлены позиции: тогда модели безразличен порядок токенов.",
    },
    firstBlock: {
      en: "Not all blocks are gone through: each one's output is the next one's input, x = block.forward(x, …).",
      ru: "Пройдены не все блоки: выход каждого подаётся на вход следующему, x = block.forward(x, …).",
    },
    unmaskedBlocks: {
      en: "The blocks do not know the mask, so tokens attend to padding: block.forward(x, { paddingMask }).",
      ru: "Блоки не знают маски, и токены обращают внимание на заполнение: block.forward(x, { paddingMask }).",
    },
    unmaskedPooling: {
      en: "The pooling does not know the mask, so padding counts in the mean: this.pooling.forward(x, paddingMask).",
      ru: "Усреднение не знает маски, и заполнение попадает в среднее: this.pooling.forward(x, paddingMask).",
    },
    noNorm: {
      en: "The norm behind the last block is missing.",
      ru: "Пропущена нормализация после последнего блока.",
    },
    softmaxFirst: {
      en: "crossEntropy got probabilities. It takes logits, for it has the softmax in it.",
      ru: "В crossEntropy переданы вероятности, а ей нужны логиты: softmax уже внутри.",
    },
    summed: {
      en: "The loss is the sum over the batch. It is the mean, so that it does not depend on how many sequences there are.",
      ru: "Взята сумма по порции, а нужно среднее: оно не зависит от того, сколько в ней последовательностей.",
    },
    lossWithoutMask: {
      en: "loss calls forward without the mask.",
      ru: "loss вызывает forward без маски.",
    },
  },
  tests: [
    {
      exercise: "made",
      points: 3,
      says: { en: "layers of the right sizes, blocks that see all", ru: "слои нужных размеров, блоки видят всё" },
      draw: (random) => ({
        vocabulary: random.integer(5, 9),
        classes: 3,
        layers: random.integer(2, 3),
        heads: 2,
        width: random.choice([4, 6]),
        context: random.integer(4, 6),
      }),
      expected: (sizes) => ({ numbers: numbersOf(sizes), blocks: sizes.layers, seesLater: true }),
      mistakes: {
        sharedBlock: (sizes, { numbers, blocks }) =>
          blocks === sizes.layers && numbers[2] === numbersOf({ ...sizes, layers: 1 })[2],
        causal: (_, { seesLater }) => !seesLater,
      },
    },
    {
      exercise: "logits",
      points: 5,
      says: { en: "from tokens to logits", ru: "от токенов к логитам" },
      draw: classified,
      expected: (given) => logits(given),
      mistakes: {
        noPositions: (given) => logits(given, { positions: false }),
        firstBlock: (given) => logits(given, { blocks: 1 }),
        unmaskedBlocks: (given) => logits(given, { maskedBlocks: false }),
        unmaskedPooling: (given) => logits(given, { maskedPooling: false }),
        noNorm: (given) => logits(given, { norm: false }),
      },
    },
    {
      exercise: "loss",
      points: 2,
      says: { en: "the mean cross entropy", ru: "средняя перекрёстная энтропия" },
      draw: (random) => ({ ...classified(random), labels: random.integers(3, 0, CLASSES - 1) }),
      expected: ({ labels, ...given }) => mean(losses(logits(given), labels)),
      mistakes: {
        softmaxFirst: ({ labels, ...given }) => mean(losses(logits(given).map(softmax), labels)),
        summed: ({ labels, ...given }) => sum(losses(logits(given), labels)),
        lossWithoutMask: ({ labels, ...given }) =>
          mean(losses(logits(given, { maskedBlocks: false, maskedPooling: false }), labels)),
      },
    },
  ],
  hints: [
    {
      en: "In the constructor each field gets its layer: this.tokens = new nn.Embedding(vocabulary, width), and so on.",
      ru: "В конструкторе каждое поле получает свой слой: this.tokens = new nn.Embedding(vocabulary, width) и так далее.",
    },
    {
      en: "The positions add themselves: this.positions.forward(x) gives x plus a vector for each position.",
      ru: "Позиции прибавляются сами: this.positions.forward(x) отдаёт x плюс вектор каждой позиции.",
    },
    {
      en: "for (const block of this.blocks) x = block.forward(x, { paddingMask });",
      ru: "for (const block of this.blocks) x = block.forward(x, { paddingMask });",
    },
    {
      en: "loss: crossEntropy(this.forward(tokens, paddingMask), labels).",
      ru: "loss: crossEntropy(this.forward(tokens, paddingMask), labels).",
    },
  ],
});
