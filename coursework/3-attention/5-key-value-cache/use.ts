import { keep, noGrad, type Tensor, tensor } from "@lectern/autograd";
import { type GPT, Module, type MultiHeadAttention, PositionalEmbedding } from "@lectern/nn";
import { type CachingLanguageModel, type GenerationState, generate, type LanguageModel } from "@lectern/train";
import { trainLanguageModel } from "../../../scripts/src/course/curves.ts";
import { Uncached } from "../../../scripts/src/course/uncached.ts";
import { defineUse } from "../../../scripts/src/course/use.ts";
import { bars, markedTexts } from "../../../scripts/src/report/figures.ts";
import { inLanguages, numbersIn } from "../../../scripts/src/report/language.ts";
import type { Cache } from "./starter.ts";

type Student = typeof import("./starter.ts");

/** What the student's cache keeps of each layer. Memory that is kept outlives the step that made it. */
class State implements GenerationState {
  readonly #student: Student;
  layers: (Cache | undefined)[] = [];

  constructor(student: Student) {
    this.#student = student;
  }

  get length(): number {
    return this.#student.lengthOf(this.layers[0]);
  }

  clear(): void {
    this.layers = [];
  }

  reorder(rows: readonly number[]): void {
    const index = tensor([...rows], { dtype: "int32" });
    this.layers = this.layers.map(
      (cache) => cache && kept({ keys: cache.keys.indexSelect(0, index), values: cache.values.indexSelect(0, index) }),
    );
  }
}

const kept = ({ keys, values }: Cache): Cache => ({ keys: keep(keys), values: keep(values) });

/** [batch, time, width] -> [batch, heads, time, size] */
function inHeads(x: Tensor, heads: number): Tensor {
  const [batch, time, width] = x.shape;
  return x.reshape(batch, time, heads, width / heads).transpose(1, 2);
}

/** A GPT that goes on by the student's cache: positions, cache and attention are the student's, the rest is the library's. */
class Continuing extends Module implements CachingLanguageModel<State> {
  readonly model: GPT;
  readonly #student: Student;

  constructor(model: GPT, student: Student) {
    super();
    this.model = model;
    this.#student = student;
  }

  get options(): GPT["options"] {
    return this.model.options;
  }

  forward(tokens: Tensor): Tensor {
    return this.model.forward(tokens);
  }

  makeCache(): State {
    return new State(this.#student);
  }

  forwardCached(tokens: Tensor, state: State): Tensor {
    return noGrad(() => {
      const { blocks, norm, head, positions, tokens: embedding } = this.model;
      if (!(positions instanceof PositionalEmbedding)) throw new Error("the model has no table of positions");
      let x = this.#student.addPositions(embedding.forward(tokens), positions.weight, state.layers[0]);
      for (const [i, { norm1, attention, norm2, mlp }] of blocks.entries()) {
        x = x.add(this.#attend(norm1.forward(x), attention, state, i));
        x = x.add(mlp.forward(norm2.forward(x)));
      }
      return head.forward(norm?.forward(x) ?? x);
    });
  }

  #attend(x: Tensor, { qkv, out, heads }: MultiHeadAttention, { layers }: State, layer: number): Tensor {
    const parts = qkv.forward(x).split(x.shape[2], -1);
    const [queries, keys, values] = parts.map((part) => inHeads(part, heads));
    const cache = kept(this.#student.append(layers[layer], keys, values));
    layers[layer] = cache;
    const found = this.#student.attendCached(queries, cache);
    return out.forward(found.transpose(1, 2).reshape(x.shape));
  }
}

/** How far the logits of a text that is read token by token are at most from those of the whole text. */
function distance(model: GPT, continuing: Continuing, text: ArrayLike<number>): number {
  const tokens = tensor([Array.from(text)], { dtype: "int32" });
  return noGrad(() => {
    const whole = model.forward(tokens);
    const state = continuing.makeCache();
    const distances = Array.from({ length: text.length }, (_, at) => {
      const logits = continuing.forwardCached(tokens.narrow(1, at, 1), state);
      return logits
        .sub(whole.narrow(1, at, 1))
        .abs()
        .max()
        .itemSync();
    });
    return Math.max(...distances);
  });
}

const PROMPT = "The whale ";
/** Rounding is smaller, and a mistake is larger. */
const ROUNDING = 1e-3;

const texts = inLanguages({
  en: {
    mine: "with your cache",
    library: "with the library's",
    none: "without a cache",
    same: (far: string) => `Its logits are those of the whole text, but for rounding (${far}).`,
    differ: (far: string) => `Its logits are not those of the whole text: they differ by up to ${far}.`,
    says: (tokens: string, mine: string, library: string, none: string) =>
      `${tokens} tokens: with your cache ${mine} a second, with the library's ${library}, and ${none} without any.`,
    speed: "tokens a second",
    bars: {
      title: "How fast the model writes",
      caption: "One model; what differs is how much is computed again for each token.",
      alt: "Three bars of tokens per second: with your cache, with the library's, without any.",
    },
    texts: {
      title: "What it writes",
      caption: "With your cache, and without any.",
      alt: "Two texts one above the other.",
    },
  },
  ru: {
    mine: "с вашим кэшем",
    library: "с библиотечным",
    none: "без кэша",
    same: (far: string) => `Логиты те же, что при чтении всего текста, с точностью до округления (${far}).`,
    differ: (far: string) => `Логиты не те, что при чтении всего текста: разница до ${far}.`,
    says: (tokens: string, mine: string, library: string, none: string) =>
      `Токенов ${tokens}: с вашим кэшем ${mine} в секунду, с библиотечным ${library}, совсем без кэша ${none}.`,
    speed: "токенов в секунду",
    bars: {
      title: "Как быстро пишет модель",
      caption: "Модель одна и та же, разница только в том, сколько вычисляется заново ради каждого токена.",
      alt: "Три столбца, токены в секунду: с вашим кэшем, с библиотечным, без кэша.",
    },
    texts: {
      title: "Что она пишет",
      caption: "С вашим кэшем и без кэша.",
      alt: "Два текста, один над другим.",
    },
  },
});

/** A small GPT is trained, and writes with the student's cache, with the library's and without one. */
export const use = defineUse<Student>(async (student, context) => {
  const { model, tokenizer } = await trainLanguageModel(context, context.quick ? {} : { context: 256, steps: 40 });
  const tokens = model.options.context - PROMPT.length;
  const write = async (writer: LanguageModel) => {
    const speeds: number[] = [];
    let text = "";
    // The first time, the program is still being compiled.
    for (let i = 0; i < 2; i++) {
      const began = performance.now();
      text = await generate(writer, tokenizer, PROMPT, { tokens, temperature: 0.7, seed: context.seed });
      speeds.push((1000 * tokens) / (performance.now() - began));
    }
    return { text, speed: Math.max(...speeds) };
  };
  const continuing = new Continuing(model, student);
  const mine = await write(continuing);
  const ready = await write(model);
  const none = await write(new Uncached(model));
  const far = distance(model, continuing, tokenizer.encode(none.text).slice(0, model.options.context));
  return {
    says(language) {
      const w = texts[language];
      const number = numbersIn(language);
      const speeds = [mine, ready, none].map(({ speed }) => number(speed, 0));
      const logits = (far < ROUNDING ? w.same : w.differ)(number(far));
      return `${w.says(number(tokens), speeds[0], speeds[1], speeds[2])} ${logits}`;
    },
    figures(language) {
      const w = texts[language];
      const speeds = Object.entries({ mine, library: ready, none });
      const line = (label: string, text: string) => ({ label, tokens: [{ text, weight: 0 }] });
      return [
        bars({
          ...w.bars,
          id: "speed",
          value: { label: w.speed },
          decimals: 0,
          bars: speeds.map(([name, { speed }]) => ({ label: w[name as "mine" | "library" | "none"], value: speed })),
        }),
        markedTexts({ ...w.texts, id: "texts", lines: [line(w.mine, mine.text), line(w.none, none.text)] }),
      ];
    },
  };
});
