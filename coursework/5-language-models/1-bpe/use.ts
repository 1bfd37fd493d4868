import { crossEntropy, scope } from "@lectern/autograd";
import { loadText } from "@lectern/datasets";
import { GPT } from "@lectern/nn";
import { AdamW, CharTokenizer, evaluate, type Tokenizer, textData } from "@lectern/train";
import { trainEach } from "../../../scripts/src/course/curves.ts";
import { defineUse } from "../../../scripts/src/course/use.ts";
import { bars, lines, markedTexts } from "../../../scripts/src/report/figures.ts";
import { inLanguages, numbersIn } from "../../../scripts/src/report/language.ts";
import type { Merge } from "./starter.ts";

type Student = typeof import("./starter.ts");

const SENTENCE = "the white whale was seen from the ship";

const words = inLanguages({
  en: {
    says: (merges: string, characters: string, mine: string, plain: string) =>
      `A token of your ${merges} merges holds ${characters} characters on average. On text that was not trained on, the model needs ${mine} bits a byte with your tokens, and ${plain} with characters.`,
    curves: {
      title: "The same GPT on your tokens and on characters",
      caption: "Bits for a byte of text, step by step. In one step, the model sees more text with longer tokens.",
      alt: "Two curves that fall: with your tokens, and with characters.",
    },
    held: {
      title: "What the models need for a byte of held-out text",
      caption: "Fewer is better. Counted per byte, tokens of different length can be compared.",
      alt: "Two bars: with your tokens, and with characters.",
    },
    tokens: {
      title: "Your tokens",
      caption: "Light and dark take turns; a token may begin with a space.",
      alt: "A sentence, cut into the tokens of your merges.",
    },
    names: ["your tokens", "characters"],
    step: "step",
    bits: "bits a byte",
  },
  ru: {
    says: (merges: string, characters: string, mine: string, plain: string) =>
      `Ваших слияний ${merges}, в токене в среднем ${characters} символа. На тексте, которого не было в обучении, модели нужно ${mine} бита на байт с вашими токенами и ${plain} с символами.`,
    curves: {
      title: "Одна и та же GPT на ваших токенах и на символах",
      caption:
        "Сколько бит нужно на байт текста, шаг за шагом. Чем длиннее токены, тем больше текста модель видит за шаг.",
      alt: "Две кривые идут вниз: с вашими токенами и с символами.",
    },
    held: {
      title: "Сколько бит нужно моделям на байт нового текста",
      caption: "Чем меньше, тем лучше. В пересчёте на байт можно сравнивать токены разной длины.",
      alt: "Два столбца: с вашими токенами и с символами.",
    },
    tokens: {
      title: "Ваши токены",
      caption: "Светлые и тёмные чередуются; токен может начинаться с пробела.",
      alt: "Предложение, разрезанное на токены по вашим слияниям.",
    },
    names: ["ваши токены", "символы"],
    step: "шаг",
    bits: "бит на байт",
  },
});

/** The student's merges as a tokenizer of the library's. */
class MergedTokenizer implements Tokenizer {
  readonly size: number;
  readonly #tokens: readonly string[];
  readonly #ids: ReadonlyMap<string, number>;
  readonly #cut: (word: string) => string[];
  readonly #known = new Map<string, string[]>();

  constructor(characters: Iterable<string>, merges: readonly Merge[], { encode }: Student) {
    this.#tokens = [...new Set([...characters, ...merges.map((merge) => merge.join(""))])];
    this.#ids = new Map(this.#tokens.map((token, id) => [token, id]));
    this.#cut = (word) => encode(word, merges);
    this.size = this.#tokens.length;
  }

  /** Nothing is merged across words, so each is cut once. */
  cut(text: string): string[] {
    return (text.match(/ ?[^ ]+| /g) ?? []).flatMap((word) => {
      const known = this.#known.get(word) ?? this.#cut(word);
      this.#known.set(word, known);
      return known;
    });
  }

  encode(text: string): Int32Array {
    return Int32Array.from(this.cut(text), (token) => {
      const id = this.#ids.get(token);
      if (id === undefined) throw new Error(`encode gave "${token}", which is neither a character nor a merge`);
      return id;
    });
  }

  decode(tokens: ArrayLike<number>): string {
    return Array.from(tokens, (id) => this.#tokens[id]).join("");
  }
}

const bytesOf = (text: string): number => new TextEncoder().encode(text).length;

/** A small GPT learns on the student's tokens, and one of the same size on characters. */
export const use = defineUse<Student>(async (student, context) => {
  const { quick, seed } = context;
  const [read, learned, count, heldOut] = quick ? [8000, 4000, 20, 500] : [300_000, 100_000, 300, 20_000];
  const plain = (text: string) => text.replace(/\s+/g, " ");
  const whole = await loadText("moby-dick");
  const corpus = { train: plain(whole.train.slice(0, read)), validation: plain(whole.validation.slice(0, heldOut)) };

  const characters = new Set(corpus.train + corpus.validation + SENTENCE);
  const merges = student.learnMerges(corpus.train.slice(0, learned), count);
  const own = new MergedTokenizer(characters, merges, student);
  const tokenizers: readonly Tokenizer[] = [own, CharTokenizer.from([...characters].join(""))];
  /** From a loss in nats a token to bits a byte. */
  const perByte = tokenizers.map(
    (tokenizer) => tokenizer.encode(corpus.validation).length / bytesOf(corpus.validation) / Math.LN2,
  );

  const sizes = quick
    ? { layers: 1, heads: 2, width: 16, context: 16, batch: 4 }
    : { layers: 2, heads: 4, width: 64, context: 64, batch: 16 };
  const { batch, ...shape } = sizes;
  const data = (tokenizer: Tokenizer) => textData(corpus, { tokenizer, context: shape.context, batch, seed });
  const models: GPT[] = [];
  const curves = await trainEach(context, { full: 300, quick: 8 }, tokenizers, (tokenizer) => {
    const model = new GPT({ vocabulary: tokenizer.size, ...shape });
    models.push(model);
    const { train } = data(tokenizer);
    const optimizer = new AdamW(model.parameters(), { lr: 3e-3 });
    return () =>
      scope(() => {
        const { inputs, targets } = train.next();
        const loss = crossEntropy(model.forward(inputs), targets);
        const value = loss.itemSync();
        loss.backward();
        optimizer.step();
        optimizer.zeroGrad();
        return value;
      });
  });
  const bits: number[] = [];
  for (const [i, tokenizer] of tokenizers.entries()) {
    bits.push((await evaluate(models[i], data(tokenizer).validation)).loss * perByte[i]);
  }
  const length = corpus.validation.length / own.encode(corpus.validation).length;

  return {
    says(language) {
      const number = numbersIn(language);
      return words[language].says(number(merges.length), number(length, 1), number(bits[0], 2), number(bits[1], 2));
    },
    figures(language) {
      const w = words[language];
      return [
        lines({
          id: "curves",
          ...w.curves,
          x: { label: w.step },
          y: { label: w.bits },
          series: curves.map(({ losses }, i) => ({
            name: w.names[i],
            points: losses.map((loss, step) => [step + 1, loss * perByte[i]] as const),
            dashed: i === 1,
          })),
        }),
        bars({
          id: "bits",
          ...w.held,
          value: { label: w.bits, from: 0 },
          decimals: 2,
          bars: w.names.map((label, i) => ({ label, value: bits[i] })),
        }),
        markedTexts({
          id: "tokens",
          ...w.tokens,
          lines: [{ tokens: own.cut(SENTENCE).map((text, i) => ({ text, weight: i % 2 === 0 ? 0.15 : 0.5 })) }],
        }),
      ];
    },
  };
});
