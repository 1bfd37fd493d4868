import { crossEntropy, eye, noGrad, scope, type Tensor, tensor } from "@lectern/autograd";
import { Embedding, type Layer, Linear, Module, PositionalEmbedding, SingleHeadAttention } from "@lectern/nn";
import { AdamW } from "@lectern/train";
import { attentionMap } from "../../../scripts/src/course/attentionMap.ts";
import { besideUsed, trainTwice } from "../../../scripts/src/course/curves.ts";
import { Draws } from "../../../scripts/src/course/draws.ts";
import { defineUse } from "../../../scripts/src/course/use.ts";
import { inLanguages } from "../../../scripts/src/report/language.ts";

type Student = typeof import("./starter.ts");

const SHOWN = "attention";
const TIME = SHOWN.length;
const LETTERS = "abcdefghijklmnopqrstuvwxyz";
const SIZES = { full: { width: 32, batch: 32 }, quick: { width: 16, batch: 8 } };

const encoded = (words: readonly string[]): Tensor =>
  tensor(
    words.map((word) => [...word].map((letter) => LETTERS.indexOf(letter))),
    { dtype: "int32" },
  );

/** Writes words backwards: each place has to find the one that lies opposite. */
class Backwards extends Module {
  readonly letters: Embedding;
  readonly positions: PositionalEmbedding;
  readonly attention: Layer;
  readonly answer: Linear;

  constructor(width: number, attention: new (width: number) => Layer) {
    super();
    this.letters = new Embedding(LETTERS.length, width);
    this.positions = new PositionalEmbedding(TIME, width);
    this.attention = new attention(width);
    this.answer = new Linear(width, LETTERS.length);
  }

  /** words: int32 [batch, time] -> vectors that know their letter and their place, [batch, time, width] */
  embed(words: Tensor): Tensor {
    return this.positions.embed(words, this.letters);
  }

  /** words: int32 [batch, time] -> logits [batch, time, letters] */
  forward(words: Tensor): Tensor {
    return this.answer.forward(this.attention.forward(this.embed(words)));
  }
}

/** Where the student's attention looks: with unit vectors for values, what it gives are the weights themselves. */
function weightsIn(model: Backwards, { attend, Attention }: Student): number[][] {
  const { attention } = model;
  if (!(attention instanceof Attention)) throw new Error("the model's attention is not the student's");
  return noGrad(() => {
    const x = model.embed(encoded([SHOWN])).squeeze(0);
    const weights = attend(attention.toQueries.forward(x), attention.toKeys.forward(x), eye(TIME));
    return weights.arraySync() as number[][];
  });
}

const texts = inLanguages({
  en: {
    title: `Where your attention looks in "${SHOWN}"`,
    caption:
      "Each row is a place of what is written; dark is the letter that it takes. Backwards is a diagonal from below left to above right.",
    alt: "A matrix of weights, from each letter of the word to each other one.",
  },
  ru: {
    title: `Куда смотрит ваше внимание в слове «${SHOWN}»`,
    caption:
      "Строка — место в том, что пишется; тёмным отмечена буква, которую оно берёт. Задом наперёд — это диагональ снизу слева вверх направо.",
    alt: "Матрица весов: от каждой буквы слова к каждой другой.",
  },
});

/** Random letters are written backwards by a model of one layer: the student's, where the library's `SingleHeadAttention` stands. */
export const use = defineUse<Student>(async (student, context) => {
  const { width, batch } = SIZES[context.quick ? "quick" : "full"];
  let mine: Backwards | undefined;
  const curves = await trainTwice(context, { full: 200, quick: 10 }, (isMine) => {
    const draws = new Draws(context.seed);
    const word = () => Array.from({ length: TIME }, () => draws.choice([...LETTERS])).join("");
    const model = new Backwards(width, isMine ? student.Attention : SingleHeadAttention);
    mine ??= model;
    const optimizer = new AdamW(model.parameters(), { lr: 2e-3 });
    return () =>
      scope(() => {
        const words = encoded(Array.from({ length: batch }, word));
        const loss = crossEntropy(model.forward(words), words.flip(1));
        const value = loss.itemSync();
        loss.backward();
        optimizer.step();
        optimizer.zeroGrad();
        return value;
      });
  });
  const weights = weightsIn(mine!, student);
  const { says, figures } = besideUsed({ en: "your attention", ru: "вашим вниманием" }, curves);
  return {
    says,
    figures: (language) => [...figures(language), attentionMap(language, SHOWN, [weights], texts[language])],
  };
});
