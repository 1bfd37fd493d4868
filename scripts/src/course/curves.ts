import {
  crossEntropy,
  manualSeed,
  nextTask,
  type OpReplacements,
  scope,
  type Tensor,
  withOps,
} from "@lectern/autograd";
import { loadText } from "@lectern/datasets";
import { GPT, type GPTOptions } from "@lectern/nn";
import { AdamW, type Model, type Tokenizer, textData } from "@lectern/train";
import { type Figure, lines } from "../report/figures.ts";
import { inLanguages, type Language, type Languages, numbersIn } from "../report/language.ts";
import type { UseContext, Used } from "./use.ts";

/** A training's losses, step by step. */
export interface Curve {
  readonly losses: readonly number[];
  readonly seconds: number;
}

/** Two trainings that differ in one part: the student's, and the library's. */
export interface Beside<C extends Curve = Curve> {
  readonly mine: C;
  readonly library: C;
}

/** Does one step of a training, and gives its loss. */
type Step = () => number | Promise<number>;

/** How many steps are trained. */
interface Steps {
  readonly full: number;
  readonly quick: number;
}

/**
 * Trains twice from the same seed, with the student's part and with the library's. `start` makes what is trained, and gives a
 * step. For trainings that are not language models: an image classifier, a line through points.
 */
export async function trainTwice(
  context: UseContext,
  steps: Steps,
  start: (mine: boolean) => Step | Promise<Step>,
): Promise<Beside> {
  const [mine, library] = await trainEach(context, steps, [true, false], start);
  return { mine, library };
}

/** The same for any number of trainings; `start` is told which of them begins. */
export async function trainEach<Kind>(
  { quick, seed, progress }: UseContext,
  steps: Steps,
  kinds: readonly Kind[],
  start: (kind: Kind) => Step | Promise<Step>,
): Promise<Curve[]> {
  const count = quick ? steps.quick : steps.full;
  const curves: Curve[] = [];
  for (const [i, kind] of kinds.entries()) {
    manualSeed(seed);
    curves.push(await follow(await start(kind), count, (done) => progress(i * count + done, kinds.length * count)));
  }
  return curves;
}

/** So many steps, one after the other. */
async function follow(step: Step, count: number, tell: (done: number) => void): Promise<Curve> {
  const losses: number[] = [];
  const began = performance.now();
  for (let n = 0; n < count; n++) {
    losses.push(await step());
    tell(n + 1);
    // Ctrl-C is heard, and progress is seen.
    await nextTask();
  }
  return { losses, seconds: (performance.now() - began) / 1000 };
}

/** What of a small language model's training is the student's. Each is the library's unless given. */
export interface LanguageModelParts {
  /** In the place of ops, by their names (`withOps`). */
  readonly ops?: OpReplacements;
  /** Changes the model: its blocks' layers are fields that can be set. Its weights are drawn already. */
  change?(model: GPT): void;
  /** Another model altogether. */
  model?(options: GPTOptions): Model;
  optimizer?(parameters: Iterable<Tensor>, lr: number): { step(): void; zeroGrad(): void };
  /** logits: [batch, time, vocabulary], targets: int32 [batch, time] -> the mean loss, one number. */
  loss?(logits: Tensor, targets: Tensor): Tensor;
  /** What the learning rate is multiplied with, at a step from 0. */
  schedule?(step: number, steps: number): number;
  /** Options of the GPT other than the usual ones. */
  readonly options?: Partial<GPTOptions>;
  readonly lr?: number;
  readonly steps?: number;
}

export interface TrainedLanguageModel extends Curve {
  readonly model: Model;
}

export interface LanguageModels extends Beside<TrainedLanguageModel> {
  readonly tokenizer: Tokenizer;
}

const SIZES = {
  full: { layers: 2, heads: 4, width: 64, context: 64, batch: 16, steps: 200, read: 300_000 },
  quick: { layers: 1, heads: 2, width: 16, context: 16, batch: 4, steps: 12, read: 20_000 },
};

type Sizes = Partial<GPTOptions> & { readonly steps?: number };

/** How large a small language model is, how long it is trained, and the characters of Moby Dick that it is trained on. */
async function smallLanguageModel({ quick, seed }: UseContext, { steps: wanted, ...others }: Sizes) {
  const { batch, steps: usual, read, ...sizes } = { ...SIZES[quick ? "quick" : "full"] };
  const steps = wanted ?? usual;
  const text = await loadText("moby-dick");
  const corpus = { train: text.train.slice(0, read), validation: text.validation.slice(0, 1000) };
  const data = () => textData(corpus, { context: others.context ?? sizes.context, batch, seed });
  const options = (tokenizer: Tokenizer): GPTOptions => ({ vocabulary: tokenizer.size, ...sizes, ...others });
  return { data, options, steps: { full: steps, quick: Math.min(steps, usual) } };
}

/**
 * Trains a small GPT on the characters of Moby Dick, with the student's parts and with the library's: same data, same seed.
 * `library` is what stands in a part's place where a training has none by itself.
 */
export async function trainLanguageModels(
  context: UseContext,
  parts: LanguageModelParts,
  library: LanguageModelParts = {},
): Promise<LanguageModels> {
  const { data, options, steps } = await smallLanguageModel(context, { ...parts.options, steps: parts.steps });
  const models: Model[] = [];
  let tokenizer: Tokenizer | undefined;
  const curves = await trainTwice(context, steps, (isMine) => {
    const { train, tokenizer: characters } = data();
    tokenizer = characters;
    const theirs = { lr: parts.lr, ...library };
    const { model, step } = languageModel(isMine ? parts : theirs, options(tokenizer), steps.full);
    models.push(model);
    return () => step(train.next(model.parameters()[0].device));
  });
  return {
    mine: { ...curves.mine, model: models[0] },
    library: { ...curves.library, model: models[1] },
    tokenizer: tokenizer!,
  };
}

/** Trains the library's alone, where a student's part is met only when the model writes. */
export async function trainLanguageModel(
  context: UseContext,
  sizes: Sizes = {},
): Promise<{ readonly model: GPT; readonly tokenizer: Tokenizer }> {
  const { data, options, steps } = await smallLanguageModel(context, sizes);
  manualSeed(context.seed);
  const { train, tokenizer } = data();
  const model = new GPT(options(tokenizer));
  const { step } = languageModel({ model: () => model }, model.options, steps.full);
  const count = context.quick ? steps.quick : steps.full;
  await follow(
    () => step(train.next(model.parameters()[0].device)),
    count,
    (done) => context.progress(done, count),
  );
  return { model, tokenizer };
}

/** A model, and a step of its training. */
function languageModel(parts: LanguageModelParts, options: GPTOptions, steps: number) {
  const { ops = {}, lr = 3e-3, loss = crossEntropy, schedule } = parts;
  const model = parts.model?.(options) ?? changed(new GPT(options), parts.change);
  const optimizer = parts.optimizer?.(model.parameters(), lr) ?? new AdamW(model.parameters(), { lr });
  let done = 0;
  const step = ({ inputs, targets }: { inputs: Tensor; targets: Tensor }): number =>
    withOps(ops, () =>
      scope(() => {
        if (schedule !== undefined && optimizer instanceof AdamW) optimizer.lrScale = schedule(done, steps);
        done++;
        const mean = loss(model.forward(inputs) as Tensor, targets);
        const value = mean.itemSync();
        mean.backward();
        optimizer.step();
        optimizer.zeroGrad();
        return value;
      }),
    );
  return { model, step };
}

function changed(model: GPT, change: LanguageModelParts["change"]): GPT {
  change?.(model);
  return model;
}

/** The usual end of a task: a small GPT, trained with the student's part and with the library's, told and drawn. */
export async function trainBeside(
  context: UseContext,
  part: Languages<string>,
  parts: LanguageModelParts,
  library?: LanguageModelParts,
): Promise<Used> {
  return besideUsed(part, await trainLanguageModels(context, parts, library));
}

/**
 * Two curves told and drawn. `part` is what stands behind "with": `{ en: "your softmax", ru: "вашим softmax" }` makes "With your
 * softmax the loss is …", "С вашим softmax функция потерь …". `loss` is what the losses are, where they are no cross entropy.
 */
export function besideUsed(part: Languages<string>, curves: Beside, loss: Languages<string> = NATS): Used {
  return {
    says: (language) => sentence(part[language], curves, language),
    figures: (language) => [figureOf(part[language], curves, loss[language], language)],
  };
}

const NATS = inLanguages({ en: "loss, nats", ru: "функция потерь, наты" });
/** For `besideUsed`: where a value is learned and no class. */
export const SQUARED_ERROR = inLanguages({ en: "mean squared error", ru: "средний квадрат ошибки" });

const words = inLanguages({
  en: {
    says: (part: string, mine: string, library: string, steps: string) =>
      `With ${part} the loss is ${mine} after ${steps} steps; with the library's it is ${library}.`,
    alike: "The two curves lie on each other.",
    apart: "The curves differ: is that what you expect of your part?",
    noNumber: (part: string, step: string) => `With ${part} the loss is no number from step ${step} on.`,
    speed: (mine: string, library: string) => `Steps a second: ${mine} with yours, ${library} with the library's.`,
    title: "The training with your part, beside the library's",
    caption: "The loss of each step; same data, same seed, same first weights.",
    alt: (mine: string, library: string) =>
      `Two curves of the loss over the steps: yours ends at ${mine}, the library's at ${library}.`,
    step: "step",
    mine: (part: string) => `with ${part}`,
    library: "with the library's",
  },
  ru: {
    says: (part: string, mine: string, library: string, steps: string) =>
      `С ${part} функция потерь после ${steps} шагов равна ${mine}, с библиотечным вариантом ${library}.`,
    alike: "Кривые лежат одна на другой.",
    apart: "Кривые расходятся: так и должно быть?",
    noNumber: (part: string, step: string) => `С ${part} функция потерь с шага ${step} уже не число.`,
    speed: (mine: string, library: string) => `Шагов в секунду: ${mine} с вашим вариантом, ${library} с библиотечным.`,
    title: "Обучение с вашим кодом и с библиотечным",
    caption: "Функция потерь на каждом шаге: те же данные, то же зерно, те же начальные веса.",
    alt: (mine: string, library: string) =>
      `Две кривые функции потерь по шагам: ваша приходит к ${mine}, библиотечная к ${library}.`,
    step: "шаг",
    mine: (part: string) => `с ${part}`,
    library: "с библиотечным вариантом",
  },
});

function sentence(part: string, { mine, library }: Beside, language: Language): string {
  const w = words[language];
  const number = numbersIn(language);
  const [first, second] = [mine, library].map(({ losses }) => lastOf(losses));
  const broken = mine.losses.findIndex((loss) => !Number.isFinite(loss));
  if (broken >= 0) return w.noNumber(part, number(broken + 1));
  const speed = ({ losses, seconds }: Curve) => number(losses.length / seconds, losses.length / seconds < 10 ? 1 : 0);
  const alike = Math.abs(first - second) <= 0.01 * Math.abs(second);
  return [
    w.says(part, number(first, 2), number(second, 2), number(mine.losses.length)),
    alike ? w.alike : w.apart,
    w.speed(speed(mine), speed(library)),
  ].join(" ");
}

/** The mean of the last tenth: single batches differ. */
export function lastOf(losses: readonly number[]): number {
  const last = losses.slice(-Math.max(1, Math.round(losses.length / 10)));
  return last.reduce((a, b) => a + b, 0) / last.length;
}

function figureOf(part: string, { mine, library }: Beside, loss: string, language: Language): Figure {
  const w = words[language];
  const number = numbersIn(language);
  const points = ({ losses }: Curve) =>
    losses.map((loss, i) => [i + 1, loss] as const).filter(([, loss]) => Number.isFinite(loss));
  return lines({
    id: "curves",
    title: w.title,
    caption: w.caption,
    alt: w.alt(number(lastOf(mine.losses), 2), number(lastOf(library.losses), 2)),
    x: { label: w.step },
    y: { label: loss },
    series: [
      { name: w.mine(part), points: points(mine) },
      { name: w.library, points: points(library), dashed: true },
    ],
  });
}
