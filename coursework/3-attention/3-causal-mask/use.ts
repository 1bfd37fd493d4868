import { noGrad, type Tensor, tensor } from "@lectern/autograd";
import { GPT, MultiHeadAttention } from "@lectern/nn";
import { generate } from "@lectern/train";
import { attentionMap } from "../../../scripts/src/course/attentionMap.ts";
import { besideUsed, trainLanguageModels } from "../../../scripts/src/course/curves.ts";
import { Uncached } from "../../../scripts/src/course/uncached.ts";
import { defineUse } from "../../../scripts/src/course/use.ts";
import { inLanguages } from "../../../scripts/src/report/language.ts";

type Student = typeof import("./starter.ts");

const SHOWN = "the whale ";

/** The library's layer, whose weights are the student's: there is no other mask. */
class Masked extends MultiHeadAttention {
  readonly #causalWeights: Student["causalWeights"];

  constructor(layer: MultiHeadAttention, { causalWeights }: Student) {
    super({ width: layer.out.weight.shape[0], heads: layer.heads });
    this.qkv = layer.qkv;
    this.out = layer.out;
    this.#causalWeights = causalWeights;
  }

  /** x: [batch, time, width] -> queries, keys, values: [batch, heads, time, size] */
  #inHeads(x: Tensor): Tensor[] {
    const [batch, time, width] = x.shape;
    const parts = this.qkv.forward(x).split(width, -1);
    return parts.map((part) => part.reshape(batch, time, this.heads, width / this.heads).transpose(1, 2));
  }

  override attentionWeights(x: Tensor): Tensor {
    const [queries, keys] = this.#inHeads(x);
    return this.#causalWeights(queries.matmul(keys.T).div(Math.sqrt(queries.shape[3])));
  }

  override forward(x: Tensor): Tensor {
    const [, , values] = this.#inHeads(x);
    return this.out.forward(this.attentionWeights(x).matmul(values).transpose(1, 2).reshape(x.shape));
  }
}

const texts = inLanguages({
  en: {
    wrote: (text: string) => `Your model writes: "${text}".`,
    title: "Who looks at whom, in the first block's first head",
    caption:
      "A row is a character, and what it looks at lies in it. Above the diagonal is the future: there has to be nothing.",
    alt: "A matrix of weights, from each character to each other one; above the diagonal they are zero.",
  },
  ru: {
    wrote: (text: string) => `Ваша модель пишет: «${text}».`,
    title: "Кто на кого смотрит в первой голове первого блока",
    caption: "Строка — символ и то, на что он смотрит. Выше диагонали будущее: там должно быть пусто.",
    alt: "Матрица весов от каждого символа к каждому другому; выше диагонали нули.",
  },
});

/** A small GPT knows of the future what the student's mask lets through. */
export const use = defineUse<Student>(async (student, context) => {
  const curves = await trainLanguageModels(context, {
    change({ blocks }) {
      for (const block of blocks) block.attention = new Masked(block.attention, student);
    },
  });
  const { model } = curves.mine;
  if (!(model instanceof GPT)) throw new Error("what was trained is no GPT");
  const tokens = tensor([[...curves.tokenizer.encode(SHOWN)]], { dtype: "int32" });
  const [first] = noGrad(() => model.attentionWeights(tokens));
  const weights = (await first.select(0, 0).select(0, 0).array()) as number[][];
  const written = { tokens: context.quick ? 5 : 80, temperature: 0.7, seed: context.seed };
  const text = await generate(new Uncached(model), curves.tokenizer, SHOWN, written);
  const { says, figures } = besideUsed({ en: "your mask", ru: "вашей маской" }, curves);
  return {
    says: (language) => `${says(language)} ${texts[language].wrote(text.replaceAll(/\s+/g, " "))}`,
    figures: (language) => [...figures(language), attentionMap(language, SHOWN, [weights], texts[language])],
  };
});
