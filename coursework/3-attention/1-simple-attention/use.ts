import { crossEntropy, scope, type Tensor, tensor } from "@lectern/autograd";
import { type Example, loadLabelled } from "@lectern/datasets";
import { Embedding, Linear, Module, PositionalEmbedding, SelfAttention } from "@lectern/nn";
import { AdamW } from "@lectern/train";
import { besideUsed, trainTwice } from "../../../scripts/src/course/curves.ts";
import { Draws } from "../../../scripts/src/course/draws.ts";
import { defineUse } from "../../../scripts/src/course/use.ts";

/** Names are cut to so many letters, or filled up with spaces. */
const TIME = 10;
const LETTERS = " abcdefghijklmnopqrstuvwxyz";
const SIZES = { full: { width: 32, batch: 32 }, quick: { width: 8, batch: 8 } };

/** Tells from a first name's letters whether it is a woman's or a man's. Between letters and answer stands attention alone. */
class Reader extends Module {
  readonly letters: Embedding;
  readonly positions: PositionalEmbedding;
  readonly answer: Linear;
  readonly attend: (x: Tensor) => Tensor;

  constructor(width: number, attend: (x: Tensor) => Tensor) {
    super();
    this.attend = attend;
    this.letters = new Embedding(LETTERS.length, width);
    this.positions = new PositionalEmbedding(TIME, width);
    this.answer = new Linear(width, 2);
  }

  /** names: int32 [batch, time] -> logits [batch, 2] */
  forward(names: Tensor): Tensor {
    const x = this.positions.embed(names, this.letters).mul(0.5);
    return this.answer.forward(this.attend(x).mean(1));
  }
}

/** A name's letters as numbers; what is no letter is a space. */
const encoded = (name: string): number[] =>
  [...name.toLowerCase().padEnd(TIME).slice(0, TIME)].map((letter) => Math.max(0, LETTERS.indexOf(letter)));

function batchOf(examples: readonly Example[]): { names: Tensor; labels: Tensor } {
  const names = Int32Array.from(examples.flatMap(({ text }) => encoded(text)));
  const labels = Int32Array.from(examples, ({ label }) => label);
  return { names: tensor(names, { shape: [examples.length, TIME] }), labels: tensor(labels) };
}

/** First names go through nothing but the student's attention, which stands where the library's `SelfAttention` does. */
export const use = defineUse<typeof import("./starter.ts")>(async (student, context) => {
  const { width, batch } = SIZES[context.quick ? "quick" : "full"];
  const { train } = await loadLabelled("names");
  const curves = await trainTwice(context, { full: 600, quick: 10 }, (isMine) => {
    const draws = new Draws(context.seed);
    const library = new SelfAttention();
    const model = new Reader(width, isMine ? student.attention : (x) => library.forward(x));
    const optimizer = new AdamW(model.parameters(), { lr: 5e-3 });
    return () =>
      scope(() => {
        const { names, labels } = batchOf(Array.from({ length: batch }, () => draws.choice(train)));
        const loss = crossEntropy(model.forward(names), labels);
        const value = loss.itemSync();
        loss.backward();
        optimizer.step();
        optimizer.zeroGrad();
        return value;
      });
  });
  return besideUsed({ en: "your attention", ru: "вашим вниманием" }, curves);
});
