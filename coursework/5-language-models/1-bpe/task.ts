import type { Draws } from "../../../scripts/src/course/draws.ts";
import { defineTask } from "../../../scripts/src/course/task.ts";
import type { exercises } from "./exercise.ts";

type Pair = [string, string];

/** What may be otherwise than is right. */
interface Way {
  /** Whether "aaa" holds "aa" twice. */
  overlaps?: boolean;
  /** Which of equally frequent pairs is taken. */
  tie?: "first" | "last";
  /** What nothing is merged across. */
  borders?: "words" | "none";
  /** Whether pairs are counted anew behind each merge. */
  recounts?: boolean;
}

const wordsOf = (text: string): string[] => text.match(/ ?[^ ]+| /g) ?? [];

/** One merge, applied to a word from left to right. */
function merged(word: readonly string[], [left, right]: Pair): string[] {
  const out: string[] = [];
  for (let i = 0; i < word.length; i++) {
    const fits = word[i] === left && word[i + 1] === right;
    out.push(fits ? left + right : word[i]);
    if (fits) i++;
  }
  return out;
}

/** Pairs and how often each is there, in the order in which they come in the text. */
function counted(words: readonly string[][], overlaps: boolean): { pair: Pair; count: number }[] {
  const pairs = new Map<string, { pair: Pair; count: number }>();
  for (const word of words) {
    // Where each pair was counted last: a token is not in two pairs of one kind.
    const last = new Map<string, number>();
    for (let i = 0; i + 1 < word.length; i++) {
      const pair: Pair = [word[i], word[i + 1]];
      const key = JSON.stringify(pair);
      if (!overlaps && last.get(key) === i - 1) continue;
      last.set(key, i);
      const entry = pairs.get(key) ?? { pair, count: 0 };
      entry.count++;
      pairs.set(key, entry);
    }
  }
  return [...pairs.values()];
}

/** Byte-pair encoding's merges by their rules, or with one of them otherwise. */
function learn({ text, count }: { text: string; count: number }, way: Way = {}): Pair[] {
  const { overlaps = false, tie = "first", borders = "words", recounts = true } = way;
  let words = (borders === "words" ? wordsOf(text) : [text]).map((word) => [...word]);
  const beginning = counted(words, overlaps).sort((a, b) => b.count - a.count);
  if (!recounts) {
    const often = beginning.filter((entry) => entry.count > 1).slice(0, count);
    return often.map(({ pair }) => pair);
  }
  const merges: Pair[] = [];
  while (merges.length < count) {
    const pairs = counted(words, overlaps);
    const most = Math.max(0, ...pairs.map((entry) => entry.count));
    if (most < 2) break;
    const often = pairs.filter((entry) => entry.count === most);
    const { pair } = often[tie === "first" ? 0 : often.length - 1];
    merges.push(pair);
    words = words.map((word) => merged(word, pair));
  }
  return merges;
}

const encoded = ({ text, merges }: { text: string; merges: Pair[] }, words = wordsOf(text)): string[] =>
  words.flatMap((word) => merges.reduce<string[]>(merged, [...word]));

/** The longest tokens first, as if the order of merges did not matter. */
function longestFirst({ text, merges }: { text: string; merges: Pair[] }): string[] {
  const tokens = new Set(merges.map((merge) => merge.join("")));
  return wordsOf(text).flatMap((word) => {
    const out: string[] = [];
    for (let i = 0; i < word.length; i += out[out.length - 1].length) {
      let end = word.length;
      while (end > i + 1 && !tokens.has(word.slice(i, end))) end--;
      out.push(word.slice(i, end));
    }
    return out;
  });
}

/** Each merge once in a word. */
const onceEach = ({ text, merges }: { text: string; merges: Pair[] }): string[] =>
  wordsOf(text).flatMap((word) =>
    merges.reduce<string[]>(
      (tokens, pair) => {
        const at = tokens.findIndex((token, i) => token === pair[0] && tokens[i + 1] === pair[1]);
        return at < 0 ? tokens : [...tokens.slice(0, at), pair.join(""), ...tokens.slice(at + 2)];
      },
      [...word],
    ),
  );

/** A text of a few short syllables, in which pairs are there often. */
function syllables(random: Draws, words: number): string {
  const parts = Array.from({ length: 4 }, () => random.choice([..."bdklmnst"]) + random.choice([..."aeiou"]));
  const word = () => Array.from({ length: random.integer(1, 3) }, () => random.choice(parts)).join("");
  return Array.from({ length: words }, word).join(" ");
}

/** Draws until something holds. */
function until<T>(draw: () => T, holds: (drawn: T) => boolean): T {
  for (;;) {
    const drawn = draw();
    if (holds(drawn)) return drawn;
  }
}

const differ = (a: unknown, b: unknown): boolean => JSON.stringify(a) !== JSON.stringify(b);

/** The first merge is clearly the most frequent: no other pair is there as often, also where overlaps count. */
function isClear(text: string): boolean {
  const words = wordsOf(text).map((word) => [...word]);
  const [first, second] = counted(words, false).sort((a, b) => b.count - a.count);
  return first.count > second.count;
}

export const task = defineTask<typeof exercises>()({
  todo: {
    en: "Open bpe.ts and write learnMerges: count the pairs of neighbours, merge the most frequent one, and again. Then encode.",
    ru: "Откройте bpe.ts и напишите learnMerges: посчитайте пары соседей, слейте самую частую, и снова. Затем encode.",
  },
  mistakes: {
    tie: {
      en: "Of equally frequent pairs the last was taken: compare with > and not with >=, and the first one stays.",
      ru: "Из одинаково частых пар взята последняя. Сравнивайте через >, а не >=, тогда останется первая.",
    },
    overlaps: {
      en: 'Pairs that overlap were both counted: "aaa" holds "aa" once, for its middle a can be merged only once.',
      ru: "Посчитаны обе перекрывающиеся пары: в «aaa» пара «aa» одна, ведь среднюю букву можно слить лишь раз.",
    },
    acrossWords: {
      en: "Pairs were merged across the borders of words. Cut the text with wordsOf first, and look for pairs within each word.",
      ru: "Пары слиты через границы слов. Сначала разрежьте текст через wordsOf и ищите пары внутри каждого слова.",
    },
    countedOnce: {
      en: "All merges are pairs of characters: the pairs were counted once, at the beginning. Merge in the words, and count anew each time.",
      ru: "Все слияния — пары букв: пары посчитаны один раз в начале. Сливайте их в словах и считайте заново каждый раз.",
    },
    longest: {
      en: "The text was cut into the longest tokens that fit. BPE applies merges in the order in which they were learned, which may give others.",
      ru: "Текст разрезан на самые длинные подходящие токены. BPE применяет слияния в том порядке, в каком они выучены, и токены могут быть другими.",
    },
    firstOnly: {
      en: "A merge was applied once in a word. It goes through the whole word: the same pair may come again further right.",
      ru: "Слияние применено в слове лишь раз. Пройдите слово до конца: та же пара может встретиться правее.",
    },
    encodesAcross: {
      en: "A text was encoded as one word: merges go across the spaces between words. Cut it with wordsOf.",
      ru: "Текст кодируется как одно слово, и слияния проходят через пробелы. Разрежьте его через wordsOf.",
    },
  },
  tests: [
    {
      exercise: "learn",
      points: 3,
      says: { en: "the most frequent pair, merge after merge", ru: "самая частая пара, слияние за слиянием" },
      draw: (random) =>
        until(
          () => ({ text: syllables(random, 12), count: random.integer(4, 6) }),
          (given) =>
            isClear(given.text) &&
            differ(learn(given), learn(given, { recounts: false })) &&
            !differ(learn(given), learn(given, { tie: "last" })) &&
            !differ(learn(given), learn(given, { overlaps: true })) &&
            !differ(learn(given), learn(given, { borders: "none" })),
        ),
      expected: (given) => learn(given),
      mistakes: { countedOnce: (given) => learn(given, { recounts: false }) },
    },
    {
      exercise: "learn",
      points: 2,
      says: { en: "of equally frequent pairs the first", ru: "из одинаково частых пар первая" },
      draw: (random) => {
        const [a, b, c, d] = random.shuffled([..."bdgklmnprstv"]);
        return {
          text: random.choice([`${a}${b} ${c}${d} ${c}${d} ${a}${b}`, `${a}${b}${a}${b} ${c}${d}${c}${d}`]),
          count: 1,
        };
      },
      expected: (given) => learn(given),
      mistakes: { tie: (given) => learn(given, { tie: "last" }) },
    },
    {
      exercise: "learn",
      points: 1,
      says: { en: '"aaa" holds "aa" once', ru: "в «aaa» пара «aa» одна" },
      // a three times in a row, twice: "aa" could seem to be there four times; "bc" is there three times.
      draw: (random) => {
        const [a, b, c] = random.shuffled([..."bdgklmnprstv"]);
        const words = [a + a + a, a + a + a, b + c, b + c, b + c];
        return { text: random.shuffled(words).join(" "), count: 1 };
      },
      expected: (given) => learn(given),
      mistakes: { overlaps: (given) => learn(given, { overlaps: true }) },
    },
    {
      exercise: "learn",
      points: 1,
      says: { en: "nothing is merged across words", ru: "через границы слов ничего не сливается" },
      // Each word ends alike, and so does each begin: behind a letter the space is the most frequent.
      draw: (random) => {
        const [end, ...letters] = random.shuffled([..."aeiou", ..."bdgklm"]);
        const words = letters.slice(0, 6).map((letter) => letter + end);
        return { text: [...words, words[0]].join(" "), count: 1 };
      },
      expected: (given) => learn(given),
      mistakes: { acrossWords: (given) => learn(given, { borders: "none" }) },
    },
    {
      exercise: "encode",
      points: 2,
      says: { en: "merges are applied in the order learned", ru: "слияния применяются в порядке обучения" },
      draw: (random) =>
        until(
          () => {
            // Of three letters, so that the same pairs come again and again, and one merge takes the letters of another.
            const letters = random.shuffled([..."abdeikmnost"]).slice(0, 3);
            const word = () => Array.from({ length: random.integer(4, 8) }, () => random.choice(letters)).join("");
            const words = (count: number) => Array.from({ length: count }, word).join(" ");
            return { text: words(4), merges: learn({ text: words(12), count: 6 }) };
          },
          (given) => {
            const [right, longest, once] = [encoded(given), longestFirst(given), onceEach(given)];
            return differ(right, longest) && differ(right, once) && differ(longest, once);
          },
        ),
      expected: (given) => encoded(given),
      mistakes: {
        longest: (given) => longestFirst(given),
        firstOnly: (given) => onceEach(given),
      },
    },
    {
      exercise: "encode",
      points: 1,
      says: { en: "a space begins a word", ru: "пробел начинает слово" },
      draw: (random) => {
        const [a, b, c] = random.shuffled([..."bdgklmnprstv"]);
        const merges: Pair[] = random.shuffled([
          [a, " "],
          [" ", b],
          [b, c],
        ]);
        return { text: `${c}${a} ${b}${c} ${a}`, merges: [[a, " "], ...merges.filter(([left]) => left !== a)] };
      },
      expected: (given) => encoded(given),
      mistakes: { encodesAcross: (given) => encoded(given, [given.text]) },
    },
  ],
  hints: [
    {
      en: "Hold each word as a list of tokens, [...word] at first, and write a function that applies one merge to one word: both parts need it.",
      ru: "Храните каждое слово как список токенов, сначала [...word], и напишите функцию, применяющую одно слияние к одному слову: она нужна в обеих частях.",
    },
    {
      en: "Count with a Map, whose keys are texts: left + separator + right, with a separator that no text has, such as \\n. A Map keeps the order in which keys came in.",
      ru: "Считайте в Map с текстовыми ключами: left + разделитель + right, где разделителя нет в тексте, например \\n. Map хранит ключи в порядке появления.",
    },
    {
      en: "For pairs that do not overlap: if a pair of two equal tokens was just counted at i - 1, skip it at i, and the next one may count again.",
      ru: "Чтобы пары не перекрывались: если такая же пара из двух равных токенов только что посчитана в i - 1, в i её пропустите; следующая снова может считаться.",
    },
    {
      en: "encode: for each word, merges.reduce(apply, [...word]), and flatMap over the words.",
      ru: "encode: для каждого слова merges.reduce(apply, [...word]), а по словам flatMap.",
    },
  ],
});
