import { crossEntropy, scope } from "@lectern/autograd";
import { loadText } from "@lectern/datasets";
import { addLoRA, type GPT, type Linear } from "@lectern/nn";
import { AdamW, evaluate, textData } from "@lectern/train";
import { trainEach } from "../../../scripts/src/course/curves.ts";
import { defineUse } from "../../../scripts/src/course/use.ts";
import { readyModel } from "../../../scripts/src/lecture/readyModel.ts";
import { bars, lines } from "../../../scripts/src/report/figures.ts";
import { inLanguages, numbersIn } from "../../../scripts/src/report/language.ts";

type Student = typeof import("./starter.ts");

/** How the model is tuned: with the student's adapters, with the library's, or as a whole. */
const KINDS = ["mine", "library", "full"] as const;
type Kind = (typeof KINDS)[number];

const ADAPTER = { rank: 8, alpha: 16 };
/** Adapters begin with nothing, and bear larger steps than a model that is trained already. */
const RATES: Readonly<Record<Kind, number>> = { mine: 1e-2, library: 1e-2, full: 1e-3 };

const words = inLanguages({
  en: {
    says: (mine: string, share: string, all: string, first: string, losses: Readonly<Record<Kind, string>>) =>
      `Your adapters have ${mine} numbers, ${share} % of ${all}. On the held-out end of another text the loss was ${first}; it is ${losses.mine} now, with the library's adapters ${losses.library}, with all numbers tuned ${losses.full}.`,
    curves: {
      title: "A model of Moby-Dick is tuned to the Declaration of Human Rights",
      caption:
        "The loss of each step, on what is trained on; same data, same model at first. All parameters learn by heart.",
      alt: "Three curves that fall: your adapters, the library's, and full tuning.",
    },
    sizes: {
      title: "What is trained",
      caption: "Numbers that the optimiser moves.",
      alt: "Bars: few numbers with adapters, all with full tuning.",
    },
    names: { mine: "your adapters", library: "the library's adapters", full: "all parameters" },
    step: "step",
    loss: "loss, nats",
    numbers: "numbers trained",
  },
  ru: {
    says: (mine: string, share: string, all: string, first: string, losses: Readonly<Record<Kind, string>>) =>
      `В ваших поправках ${mine} чисел, это ${share} % из ${all}. На отложенном конце другого текста функция потерь была ${first}, а стала ${losses.mine}; с библиотечными поправками ${losses.library}, при дообучении всех чисел ${losses.full}.`,
    curves: {
      title: "Модель «Моби Дика» дообучается на Декларации прав человека",
      caption:
        "Функция потерь на каждом шаге, на обучающем тексте; данные и модель в начале те же. Все параметры учат наизусть.",
      alt: "Три кривые идут вниз: ваши поправки, библиотечные и дообучение целиком.",
    },
    sizes: {
      title: "Что обучается",
      caption: "Сколько чисел меняет оптимизатор.",
      alt: "Столбцы: с поправками чисел мало, без них обучаются все.",
    },
    names: { mine: "ваши поправки", library: "библиотечные поправки", full: "все параметры" },
    step: "шаг",
    loss: "функция потерь, наты",
    numbers: "обучается чисел",
  },
});

/** Puts adapters at the attention's projection of each block, and freezes everything else. */
function adapted(model: GPT, kind: Kind, { LoRALinear }: Student): GPT {
  if (kind === "full") return model;
  if (kind === "library") return addLoRA(model, ADAPTER);
  for (const p of model.parameters()) p.requiresGrad_(false);
  for (const { attention } of model.blocks) attention.qkv = new LoRALinear(attention.qkv as Linear, ADAPTER);
  return model;
}

/** A model trained on Moby-Dick is tuned to another text. */
export const use = defineUse<Student>(async (student, context) => {
  const { tokenizer } = await readyModel("moby-small");
  const text = await loadText("udhr:eng");
  const trained = new Map<Kind, number>();
  const [length, batch] = context.quick ? [16, 2] : [64, 8];
  const data = () => textData(text, { tokenizer, context: length, batch, seed: context.seed });
  const models: GPT[] = [];
  const curves = await trainEach(context, { full: 120, quick: 4 }, KINDS, async (kind) => {
    const model = adapted((await readyModel("moby-small")).model, kind, student).train();
    models.push(model);
    const { train } = data();
    const parameters = model.parameters().filter((p) => p.requiresGrad);
    trained.set(
      kind,
      parameters.reduce((sum, p) => sum + p.size, 0),
    );
    const optimizer = new AdamW(parameters, { lr: RATES[kind] });
    return () =>
      scope(() => {
        const { inputs, targets } = train.next(parameters[0].device);
        const loss = crossEntropy(model.forward(inputs), targets);
        const value = loss.itemSync();
        loss.backward();
        optimizer.step();
        optimizer.zeroGrad();
        return value;
      });
  });

  const all = trained.get("full")!;
  const lossOf = async (model: GPT) => (await evaluate(model, data().validation)).loss;
  const before = await lossOf((await readyModel("moby-small")).model);
  const after: number[] = [];
  for (const model of models) after.push(await lossOf(model));

  return {
    says(language) {
      const number = numbersIn(language);
      const [mine, library, full] = after.map((loss) => number(loss, 2));
      const own = trained.get("mine")!;
      const share = number((100 * own) / all, 1);
      return words[language].says(number(own), share, number(all), number(before, 2), {
        mine,
        library,
        full,
      });
    },
    figures(language) {
      const w = words[language];
      return [
        lines({
          id: "curves",
          ...w.curves,
          x: { label: w.step },
          y: { label: w.loss },
          series: KINDS.map((kind, i) => ({
            name: w.names[kind],
            points: curves[i].losses.map((loss, step) => [step + 1, loss] as const),
            dashed: kind === "library",
          })),
        }),
        bars({
          id: "trained",
          ...w.sizes,
          value: { label: w.numbers, from: 0 },
          bars: KINDS.map((kind) => ({ label: w.names[kind], value: trained.get(kind)! })),
        }),
      ];
    },
  };
});
