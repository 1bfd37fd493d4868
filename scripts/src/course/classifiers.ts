import { crossEntropy, noGrad, onesLike, scope, type Tensor } from "@lectern/autograd";
import { loadLabelled } from "@lectern/datasets";
import { type Module, TransformerClassifier } from "@lectern/nn";
import { AdamW, CharTokenizer, DataLoader, SortedExamples } from "@lectern/train";
import { bars } from "../report/figures.ts";
import { inLanguages, type Languages, numbersIn } from "../report/language.ts";
import { besideUsed, trainTwice } from "./curves.ts";
import type { UseContext, Used } from "./use.ts";

/** What both classifiers, the student's and the library's, are made with. */
export interface ClassifierSizes {
  readonly vocabulary: number;
  readonly classes: number;
  readonly layers: number;
  readonly heads: number;
  readonly width: number;
  readonly context: number;
}

/** int32: tokens and paddingMask (1 for a token, 0 for padding) [batch, time], labels [batch]. */
export interface LabelledBatch {
  readonly tokens: Tensor;
  readonly paddingMask: Tensor;
  readonly labels: Tensor;
}

/** A classifier, or what stands for one: its logits [batch, classes], and what is made small. */
export interface TrainedClassifier extends Module {
  forward(tokens: Tensor, paddingMask?: Tensor): Tensor;
  loss?(batch: LabelledBatch): Tensor;
}

const words = inLanguages({
  en: {
    says: (mine: string, library: string, none: string) =>
      `Of names that were not trained on, yours tells ${mine} % right, the library's ${library} %; who always says the more frequent class, ${none} %.`,
    title: "Russian first names, female or male, read letter by letter",
    caption: "The share of right answers on held-out names.",
    alt: "Bars: your classifier, the library's, and the more frequent class.",
    share: "right answers, %",
    mine: "yours",
    library: "the library's",
    none: "the more frequent class",
  },
  ru: {
    says: (mine: string, library: string, none: string) =>
      `На именах, которых не было в обучении, ваш верно отвечает в ${mine} % случаев, библиотечный в ${library} %; кто всегда называет более частый класс, в ${none} %.`,
    title: "Русские имена, женские и мужские, читаются по буквам",
    caption: "Доля верных ответов на отложенных именах.",
    alt: "Столбцы: ваш классификатор, библиотечный и более частый класс.",
    share: "верных ответов, %",
    mine: "ваш",
    library: "библиотечный",
    none: "более частый класс",
  },
});

/**
 * Trains a small classifier of first names with the student's part, `make`, and one of the library's: same data, same seed.
 * `part` as for `besideUsed`.
 */
export async function trainClassifiers(
  context: UseContext,
  part: Languages<string>,
  make: (sizes: ClassifierSizes) => TrainedClassifier,
): Promise<Used> {
  const { sizes, train, validation, frequent } = await names(context);
  const models: TrainedClassifier[] = [];
  const curves = await trainTwice(context, { full: 300, quick: 10 }, (isMine) => {
    const model = isMine ? make(sizes) : new TransformerClassifier(sizes);
    models.push(model);
    const optimizer = new AdamW(model.parameters(), { lr: 3e-3 });
    const batches = train();
    return () =>
      scope(() => {
        const loss = lossOf(model, labelled(batches.next()));
        const value = loss.itemSync();
        loss.backward();
        optimizer.step();
        optimizer.zeroGrad();
        return value;
      });
  });
  const shares = [...models.map((model) => 100 * accuracyOf(model, validation)), 100 * frequent];
  const { says, figures } = besideUsed(part, curves);
  return {
    says(language) {
      const [mine, library, none] = shares.map((share) => numbersIn(language)(share, 1));
      return `${says(language)} ${words[language].says(mine, library, none)}`;
    },
    figures(language) {
      const { title, caption, alt, share, ...w } = words[language];
      const labels = [w.mine, w.library, w.none];
      const accuracy = bars({
        ...{ id: "accuracy", title, caption, alt },
        value: { label: share, from: 0, to: 100 },
        decimals: 1,
        bars: labels.map((label, i) => ({ label, value: shares[i] })),
      });
      return [...figures(language), accuracy];
    },
  };
}

/** Names as sequences of letters; `frequent` is the share of the more frequent class among those held out. */
async function names({ quick, seed }: UseContext) {
  const { train, validation, labels } = await loadLabelled("russian-names");
  const tokenizer = CharTokenizer.from(train.map(({ text }) => text).join(""), { unknown: true });
  const encoded = (examples: typeof train) =>
    examples.map(({ text, label }) => ({ tokens: tokenizer.encode(text), label }));
  const [layers, width, batch] = quick ? [1, 8, 4] : [2, 32, 32];
  const sizes = { vocabulary: tokenizer.size, classes: labels.length, layers, heads: 2, width, context: 20 };
  const [learned, heldOut] = [encoded(train), encoded(quick ? validation.slice(0, 20) : validation)];
  const counts = labels.map((_, label) => heldOut.filter((example) => example.label === label).length);
  return {
    sizes,
    train: () => new DataLoader(learned, { batch, maxLength: sizes.context, seed }),
    validation: new SortedExamples(heldOut, { batch: 64, maxLength: sizes.context }),
    frequent: Math.max(...counts) / heldOut.length,
  };
}

interface Loaded {
  readonly inputs: Tensor;
  readonly targets: Tensor;
  readonly mask?: Tensor;
}

const labelled = ({ inputs, targets, mask = onesLike(inputs) }: Loaded): LabelledBatch => ({
  tokens: inputs,
  paddingMask: mask,
  labels: targets,
});

const lossOf = (model: TrainedClassifier, batch: LabelledBatch): Tensor =>
  model.loss?.(batch) ?? crossEntropy(model.forward(batch.tokens, batch.paddingMask), batch.labels);

/** The share of examples whose class is the likeliest. */
function accuracyOf(model: TrainedClassifier, examples: SortedExamples): number {
  let [right, all] = [0, 0];
  for (const batch of examples.batches()) {
    const { tokens, paddingMask, labels } = labelled(batch);
    right += scope(() =>
      noGrad(() => model.forward(tokens, paddingMask).argmax(-1).eq(labels).float().sum().itemSync()),
    );
    all += labels.shape[0];
  }
  return right / all;
}
