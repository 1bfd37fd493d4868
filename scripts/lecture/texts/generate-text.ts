import { tellings } from "../../src/lecture/experiment.ts";

export const texts = tellings({
  en: {
    title: "Generating text",
    lecture:
      "A transformer with a causal mask, trained to predict the next token, can write: predict a distribution, draw a token from it, append it, and ask again.",
    shows:
      "A small GPT learns Moby-Dick, character by character. Before training and five times during it, it goes on from the same words. The bits that it needs for a character of text that was held back are compared with those of n-grams: the probability of a character counted in the book alone (unigram), after the one before it (bigram), and after the two before it (trigram).",
    change:
      "Set context to 1: the model sees one character, and is no better than the bigram. Give it more steps, or another temperature.",
    claims: {
      betterThanCounting: {
        says: "the transformer needs fewer bits a character than the counted pairs (in a full run, the triples), though it reads the book only in part",
        compares: ["bits a character, transformer", "the n-gram it is held against"],
      },
      words: {
        says: "training makes words of letters",
        compares: ["share of words that are in the book, after training", "before, and 0.1 more"],
      },
    },
    figures: {
      curve: {
        title: "Bits a character over training",
        caption: "Of text that was held back. The level lines are n-grams, counted in the book.",
        alt: "A falling curve of bits a character over steps, and the levels of unigram, bigram and trigram.",
      },
      bits: {
        title: "The end of training, beside n-grams",
        caption: "One bit less halves the number of characters that the model hesitates between.",
        alt: "Bars: bits a character of the unigram, the bigram, the trigram and the transformer.",
      },
      samples: {
        title: "What it writes on the way",
        caption:
          "First come frequent letters and spaces, then syllables, then words. The second column is the share of words of three letters or more that are in the book.",
        alt: "A table: at each moment of training, the share of known words and the text that was written.",
      },
    },
    ngrams: ["unigram", "bigram", "trigram"],
    model: "transformer",
    step: "step",
    bits: "bits a character",
    known: "known words",
    text: "text",
  },
  ru: {
    title: "Генерация текста",
    lecture:
      "Трансформер с маской будущего, обученный предсказывать следующий токен, умеет писать: предсказать распределение, выбрать из него токен, дописать и спросить снова.",
    shows:
      "Маленькая GPT учит «Моби Дика» посимвольно. До обучения и пять раз по ходу дела она продолжает одни и те же слова. Число бит, нужное ей на символ отложенного текста, сравнивается с n-граммами: вероятность символа подсчитана по книге сама по себе (униграмма), после одного предыдущего (биграмма) и после двух (триграмма).",
    change:
      "Поставьте context равным 1: модель увидит один символ и будет не лучше биграммы. Добавьте шагов (steps) или смените температуру (temperature).",
    claims: {
      betterThanCounting: {
        says: "трансформеру нужно меньше бит на символ, чем подсчитанным парам (в полном запуске — тройкам), хотя книгу он видит лишь частично",
        compares: ["бит на символ, трансформер", "n-грамма, с которой он сравнивается"],
      },
      words: {
        says: "обучение складывает буквы в слова",
        compares: ["доля слов, которые есть в книге, после обучения", "до него, плюс 0,1"],
      },
    },
    figures: {
      curve: {
        title: "Биты на символ в ходе обучения",
        caption: "На отложенном тексте. Горизонтальные линии — n-граммы, подсчитанные по книге.",
        alt: "Падающая кривая числа бит на символ по шагам и уровни униграммы, биграммы и триграммы.",
      },
      bits: {
        title: "Конец обучения рядом с n-граммами",
        caption: "Каждый сэкономленный бит вдвое сокращает число символов, между которыми модель колеблется.",
        alt: "Столбцы: биты на символ у униграммы, биграммы, триграммы и трансформера.",
      },
      samples: {
        title: "Что она пишет по дороге",
        caption:
          "Сначала появляются частые буквы и пробелы, потом слоги, потом слова. Второй столбец — доля слов из трёх и более букв, которые есть в книге.",
        alt: "Таблица: в каждый момент обучения доля известных слов и написанный текст.",
      },
    },
    ngrams: ["униграмма", "биграмма", "триграмма"],
    model: "трансформер",
    step: "шаг",
    bits: "биты на символ",
    known: "известные слова",
    text: "текст",
  },
});
