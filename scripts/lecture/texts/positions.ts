import { tellings } from "../../src/lecture/experiment.ts";

export const texts = tellings({
  en: {
    title: "Positions",
    lecture:
      "Attention is a sum over a set: it cannot tell one order of its inputs from another. So each position gets a vector of its own that is added to the token's, learned (an embedding) or given by a formula (an encoding), or queries and keys are turned by their position.",
    shows:
      "Sequences of 12 letters with one A and one B; the classifier has to say whether A comes first. It is trained with no positions, learned ones, sinusoidal and rotary ones, and then asked about longer sequences than it has seen.",
    change: "Set layers to 2, length to 24, or positions to false, which takes them away from all four.",
    claims: {
      needed: {
        says: "without positions the order cannot be told; with any of the three kinds it is",
        compares: ["share of right answers at the trained length", "the limit"],
        at: { none: "without positions", learned: "learned", sinusoidal: "sinusoidal", rotary: "rotary" },
      },
      beyond: {
        says: "on sequences twice as long as the trained ones, rotary positions lose less than learned ones, whose further vectors were never trained",
        compares: ["right at twice the length with rotary positions", "with learned ones, and 0.1 more"],
      },
      distance: {
        says: "the product of a turned query and a turned key depends on how far they are apart, and not on where they stand",
        compares: ["difference of scores at one distance, a hundred times", "between distances"],
      },
    },
    figures: {
      accuracy: {
        title: "Trained on short sequences, asked about longer ones",
        caption:
          "The share of right answers over the length; the leftmost one was trained. Half are right by guessing. Sinusoidal positions have vectors for any length, but the network has not learned what to do with them.",
        alt: "Curves over the length of sequences for no, learned, sinusoidal and rotary positions: all but none begin near one and fall, rotary ones last.",
      },
      likeness: {
        title: "How alike the vectors of positions are",
        caption:
          "Cosines between the vectors of each two positions. The waves make neighbours alike by construction. Learned ones begin at random, and training moves those that were used: the upper left quarter.",
        alt: "Heat maps of cosines, positions by positions, of the learned and of the sinusoidal vectors.",
      },
      distance: {
        title: "Rotary positions: a score depends on the distance",
        caption:
          "One query and one key, taken to all pairs of positions. Wherever they stand, at one distance they have one score.",
        alt: "A curve: the score of one query and one key over the distance between them.",
      },
    },
    kinds: { none: "none", learned: "learned", sinusoidal: "sinusoidal", rotary: "rotary" },
    length: "length of the sequence",
    right: "share of right answers",
    position: "position",
    distance: "distance between key and query",
    score: "score",
  },
  ru: {
    title: "Позиции",
    lecture:
      "Внимание — сумма по множеству: один порядок входов оно не отличает от другого. Поэтому к вектору токена прибавляют вектор его позиции: выученный (позиционный эмбеддинг) или заданный формулой (позиционное кодирование). Или поворачивают запросы и ключи на угол, зависящий от позиции.",
    shows:
      "Последовательности из 12 букв, среди них одна A и одна B; классификатор должен сказать, стоит ли A раньше. Его учат без позиций, с выученными, синусоидальными и поворотными (rotary), а потом спрашивают о последовательностях длиннее виденных.",
    change:
      "Поставьте layers равным 2, length — 24 или positions — false: тогда позиций не будет ни у одного из четырёх.",
    claims: {
      needed: {
        says: "без позиций порядок не узнать, с любыми из трёх — можно",
        compares: ["доля верных ответов на длине, на которой учили", "граница"],
        at: { none: "без позиций", learned: "выученные", sinusoidal: "синусоидальные", rotary: "поворотные" },
      },
      beyond: {
        says: "на последовательностях вдвое длиннее поворотные позиции теряют меньше выученных: дальние векторы тех никогда не обучались",
        compares: ["верных на двойной длине с поворотными позициями", "с выученными, плюс 0,1"],
      },
      distance: {
        says: "произведение повёрнутых запроса и ключа зависит от расстояния между ними, но не от места",
        compares: ["разброс на одном расстоянии, стократный", "разброс между расстояниями"],
      },
    },
    figures: {
      accuracy: {
        title: "Учили на коротких, спрашивают о длинных",
        caption:
          "Доля верных ответов в зависимости от длины; обучали на крайней левой. Угадать можно половину. У синусоидального кодирования есть векторы для любой длины, но сеть не училась ими пользоваться.",
        alt: "Кривые по длине последовательности: без позиций, с выученными, синусоидальными и поворотными. Все, кроме первой, начинаются у единицы и падают, поворотные — последними.",
      },
      likeness: {
        title: "Насколько похожи векторы позиций",
        caption:
          "Косинусы между векторами каждых двух позиций. У волн соседи похожи по построению. Выученные векторы вначале случайны, и обучение сдвигает только те, что были в деле: левую верхнюю четверть.",
        alt: "Тепловые карты косинусов, позиции на позиции: выученные векторы и синусоидальные.",
      },
      distance: {
        title: "Поворотные позиции: важно расстояние",
        caption:
          "Один запрос и один ключ на всех парах позиций. Где бы они ни стояли, на одном расстоянии оценка одна.",
        alt: "Кривая: оценка для одного запроса и одного ключа в зависимости от расстояния между ними.",
      },
    },
    kinds: { none: "без позиций", learned: "выученные", sinusoidal: "синусоидальные", rotary: "поворотные" },
    length: "длина последовательности",
    right: "доля верных ответов",
    position: "позиция",
    distance: "расстояние от запроса до ключа",
    score: "оценка",
  },
});
