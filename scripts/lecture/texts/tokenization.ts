import { tellings } from "../../src/lecture/experiment.ts";

export const texts = tellings({
  en: {
    title: "From text to tokens",
    lecture:
      "A model sees numbers: each stands for a piece of text. Characters make long sequences, words make endless vocabularies and leave new words out. Byte-pair encoding begins with bytes and makes one token of the two that meet most often, again and again.",
    shows:
      "Merges are learned from Moby-Dick, which is English. With them the Universal Declaration of Human Rights is encoded in English and in Russian. Then three small models learn Moby-Dick, as characters, as bytes and as pieces, for as many steps.",
    change:
      "Set learnedFrom to “udhr”, which has both languages, and Russian is merged too. Add words to words, or sizes to sizes.",
    claims: {
      shorter: {
        says: "merges make an English text at least twice as short as its bytes",
        compares: ["pieces", "half of the bytes"],
      },
      language: {
        says: "merges learned from English hardly help Russian: it takes more than twice as many tokens a character",
        compares: ["tokens a Russian character", "twice the tokens an English character"],
      },
      measure: {
        says: "by the token the model of pieces seems the worst, by the byte it is the best: a piece is harder to guess, and says more",
        compares: [
          ["loss a token, pieces", "characters, 1.2 times"],
          ["bits a byte, pieces", "characters"],
        ],
      },
    },
    figures: {
      merges: {
        title: "How a word is put together",
        caption:
          "Each line is one merge further, in the order in which the merges were learned. Bytes that are no Latin letters are written as GPT-2 writes them: two for each Cyrillic letter.",
        alt: "A table of words, and for each the steps from its bytes to its tokens.",
      },
      lengths: {
        title: "How long is the declaration?",
        caption: "The same articles in two languages. A Cyrillic letter takes two bytes of UTF-8.",
        alt: "Bars: the length of the declaration in characters, bytes, words and pieces, in English and in Russian.",
      },
      sizes: {
        title: "Tokens a character over the size of the vocabulary",
        caption: "With no merges a token is a byte. Further merges shorten the language they were learned from.",
        alt: "Curves: tokens a character over the size of the vocabulary. English falls, Russian stays where it was.",
      },
      losses: {
        title: "The loss a token, and bits a byte",
        caption:
          "The same text, held back from training. Losses a token cannot be compared, since tokens differ in length; the bits that a byte costs can.",
        alt: "Bars for characters, bytes and pieces: loss in nats a token, and bits a byte.",
      },
    },
    units: { characters: "characters", bytes: "bytes", words: "words", pieces: "pieces" },
    languages: { eng: "English", rus: "Russian" },
    word: "word",
    steps: "merge by merge",
    tokens: "how many",
    size: "size of the vocabulary",
    perCharacter: "tokens a character",
    loss: "nats a token, bits a byte",
    nats: "nats a token",
    bits: "bits a byte",
  },
  ru: {
    title: "От текста к токенам",
    lecture:
      "Модель видит числа, и за каждым стоит кусочек текста. Символы дают длинные последовательности, слова — бесконечный словарь, в котором новых слов всё равно нет. BPE начинает с байтов и снова и снова превращает в один токен ту пару, что встречается чаще всего.",
    shows:
      "Слияния выучены по «Моби Дику», а он английский. Ими кодируется Всеобщая декларация прав человека — по-английски и по-русски. Потом три маленькие модели учат «Моби Дика» символами, байтами и кусочками слов, одинаковое число шагов.",
    change:
      "Поставьте learnedFrom равным «udhr» — там оба языка, и сливаться будут и русские буквы. Добавьте слова в words или размеры в sizes.",
    claims: {
      shorter: {
        says: "слияния сокращают английский текст хотя бы вдвое по сравнению с байтами",
        compares: ["кусочков", "половина числа байтов"],
      },
      language: {
        says: "слияния, выученные по-английски, русскому почти не помогают: токенов на символ нужно больше чем вдвое",
        compares: ["токенов на русский символ", "удвоенное число токенов на английский символ"],
      },
      measure: {
        says: "в пересчёте на токен модель кусочков кажется худшей, а на байт — лучшая: кусочек труднее угадать, но и говорит он больше",
        compares: [
          ["потери на токен у кусочков", "у символов, умноженные на 1,2"],
          ["биты на байт у кусочков", "у символов"],
        ],
      },
    },
    figures: {
      merges: {
        title: "Как собирается слово",
        caption:
          "Каждая строка — на одно слияние дальше, в том порядке, в каком слияния выучены. Байты, которые не латиница, записаны как в GPT-2: по два на русскую букву.",
        alt: "Таблица слов и для каждого — шаги от байтов к токенам.",
      },
      lengths: {
        title: "Какой длины декларация?",
        caption: "Одни и те же статьи на двух языках. Русская буква занимает в UTF-8 два байта.",
        alt: "Столбцы: длина декларации в символах, байтах, словах и кусочках, по-английски и по-русски.",
      },
      sizes: {
        title: "Токенов на символ в зависимости от размера словаря",
        caption: "Без слияний токен — это байт. Новые слияния сокращают тот язык, по которому выучены.",
        alt: "Кривые: токенов на символ в зависимости от размера словаря. Английская падает, русская стоит на месте.",
      },
      losses: {
        title: "Потери на токен и биты на байт",
        caption:
          "Один и тот же отложенный текст. Потери на токен сравнивать нельзя: токены разной длины. Биты на байт — можно.",
        alt: "Столбцы для символов, байтов и кусочков: потери в натах на токен и биты на байт.",
      },
    },
    units: { characters: "символы", bytes: "байты", words: "слова", pieces: "кусочки" },
    languages: { eng: "по-английски", rus: "по-русски" },
    word: "слово",
    steps: "слияние за слиянием",
    tokens: "сколько",
    size: "размер словаря",
    perCharacter: "токенов на символ",
    loss: "наты на токен, биты на байт",
    nats: "наты на токен",
    bits: "биты на байт",
  },
});
