import { noGrad, type Tensor, tensor } from "@lectern/autograd";
import { GPT, MultiHeadAttention } from "@lectern/nn";
import { attentionMap } from "../../../scripts/src/course/attentionMap.ts";
import { besideUsed, trainLanguageModels } from "../../../scripts/src/course/curves.ts";
import { defineUse } from "../../../scripts/src/course/use.ts";
import { inLanguages } from "../../../scripts/src/report/language.ts";

type Student = typeof import("./starter.ts");
type Own = InstanceType<Student["MultiHeadAttention"]>;

const SHOWN = "the whale ";

/** The student's layer where the library's stands: it computes, and its matrices are those that are trained. */
class Exchanged extends MultiHeadAttention {
  readonly #own: Own;

  constructor(own: Own, layer: MultiHeadAttention) {
    super({ width: own.out.weight.shape[0], heads: own.heads, causal: true });
    own.loadStateDict(Object.fromEntries(layer.namedParameters()));
    this.#own = own;
    this.qkv = own.qkv;
    this.out = own.out;
  }

  override forward(x: Tensor): Tensor {
    return this.#own.forward(x);
  }
}

const texts = inLanguages({
  en: {
    title: "Where each head of the last block looks",
    caption:
      "A row is a character, and what it looks at lies in it. (The weights are computed by the library, with the matrices that your layer has learned.)",
    alt: "For each head a matrix of weights, from each character to those before it.",
  },
  ru: {
    title: "Куда смотрит каждая голова последнего блока",
    caption:
      "Строка — символ и то, на что он смотрит. (Веса вычислены библиотекой по матрицам, которые выучил ваш слой.)",
    alt: "Для каждой головы матрица весов от каждого символа к тем, что стоят перед ним.",
  },
});

/** Each block of a small GPT has the student's attention. */
export const use = defineUse<Student>(async (student, context) => {
  const curves = await trainLanguageModels(context, {
    change({ blocks, options: { width, heads } }) {
      for (const block of blocks) {
        block.attention = new Exchanged(new student.MultiHeadAttention(width, heads), block.attention);
      }
    },
  });
  const { model } = curves.mine;
  if (!(model instanceof GPT)) throw new Error("what was trained is no GPT");
  const tokens = tensor([[...curves.tokenizer.encode(SHOWN)]], { dtype: "int32" });
  const last = noGrad(() => model.attentionWeights(tokens)).at(-1)!;
  const weights = (await last.select(0, 0).array()) as number[][][];
  const { says, figures } = besideUsed({ en: "your heads", ru: "вашими головами" }, curves);
  return {
    says,
    figures: (language) => [...figures(language), attentionMap(language, SHOWN, weights, texts[language])],
  };
});
