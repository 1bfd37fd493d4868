import { tellings } from "../../src/lecture/experiment.ts";

export const texts = tellings({
  en: {
    title: "Convolutional networks, recalled",
    lecture:
      "A convolutional network is built of five parts: convolutions, an activation, normalisation, pooling, and a fully connected layer at its end.",
    shows:
      "A network of two convolutions and one fully connected layer learns handwritten digits of 28 x 28 pixels, of which it is tested on some that it has not seen. Then it is trained again for a shorter time, each time without one of its parts.",
    change:
      'Set missing to "activation", "pooling" or another part, and the whole network is without it. Set filter to 1, and it sees no neighbours any more. Set channels to 2, or to 32.',
    claims: {
      accuracy: {
        says: "the network reads as many unseen digits as is claimed",
        compares: ["share read right", "claimed"],
      },
      convolution: {
        says: "without convolution, when each pixel is seen by itself, fewer digits are read right",
        compares: ["whole network", "without convolution"],
      },
      normalisation: {
        says: "without normalisation, as few steps teach less",
        compares: ["whole network", "without normalisation"],
      },
    },
    figures: {
      filters: {
        title: "Filters of the first convolution",
        caption:
          "Each filter looks for one pattern: orange where the picture should be bright, blue where it should be dark. Many are edges and strokes in one direction.",
        alt: "Small images of the learned filters, with positive weights in orange and negative ones in blue.",
      },
      maps: {
        title: "What becomes of a digit",
        caption:
          "From left to right: the digit, a map of the first convolution after its activation, the same after pooling, then a map of the second. A map is dark where its filter has found its pattern; pooling makes it smaller and keeps what was found.",
        alt: "Rows of images: a digit, and maps of each layer, coarser from left to right.",
      },
      without: {
        title: "One part left out at a time",
        caption:
          "The same short training with all parts and without one of them. Pooling is replaced by every second value, the fully connected layer by the mean over all places, which needs a longer training.",
        alt: "Bars: the share of digits read right, by the whole network and without each of its parts.",
      },
    },
    accuracy: "share of digits read right",
    input: "digit",
    stages: ["1st convolution", "1st pooling", "2nd convolution", "2nd pooling"],
    without: {
      nothing: "whole network",
      convolution: "without convolution",
      pooling: "without pooling",
      activation: "without activation",
      normalisation: "without normalisation",
      fullyConnected: "without the fully connected layer",
    },
  },
  ru: {
    title: "Вспоминаем свёрточные сети",
    lecture:
      "Свёрточная сеть состоит из пяти частей: свёртки, функции активации, нормализации, пулинга и полносвязного слоя в конце.",
    shows:
      "Сеть из двух свёрток и одного полносвязного слоя учится читать рукописные цифры 28 × 28 пикселей; проверяем её на цифрах, которых она не видела. Затем ту же сеть учим заново, но недолго и каждый раз без одной из частей.",
    change:
      'Поставьте missing: "activation", "pooling" или другую часть — и её не будет во всей сети. Поставьте filter: 1 — сеть перестанет видеть соседей пикселя. Попробуйте channels: 2 и channels: 32.',
    claims: {
      accuracy: {
        says: "доля верно прочитанных новых цифр не ниже заявленной",
        compares: ["доля верных ответов", "заявлено"],
      },
      convolution: {
        says: "без свёртки, когда каждый пиксель виден сам по себе, верных ответов меньше",
        compares: ["вся сеть", "без свёртки"],
      },
      normalisation: {
        says: "без нормализации за столь малое число шагов сеть выучивает меньше",
        compares: ["вся сеть", "без нормализации"],
      },
    },
    figures: {
      filters: {
        title: "Фильтры первой свёртки",
        caption:
          "Каждый фильтр ищет свой рисунок: оранжевым показано, где должно быть светло, синим — где темно. Многие из них похожи на границы и штрихи определённого направления.",
        alt: "Небольшие картинки выученных фильтров: положительные веса оранжевые, отрицательные синие.",
      },
      maps: {
        title: "Что происходит с цифрой",
        caption:
          "Слева направо: цифра, карта признаков первой свёртки после активации, она же после пулинга, затем карта второй свёртки. Чем темнее место на карте, тем увереннее фильтр нашёл там свой рисунок; пулинг уменьшает карту, но найденное сохраняет.",
        alt: "Ряды картинок: цифра и карты признаков каждого слоя, слева направо всё грубее.",
      },
      without: {
        title: "По одной части за раз",
        caption:
          "Одно и то же короткое обучение со всеми частями и без одной из них. Вместо пулинга берём каждое второе значение, вместо полносвязного слоя — среднее по всем местам карты; такой сети нужно учиться дольше.",
        alt: "Столбики: доля верно прочитанных цифр у всей сети и без каждой из её частей.",
      },
    },
    accuracy: "доля верных ответов",
    input: "цифра",
    stages: ["1-я свёртка", "1-й пулинг", "2-я свёртка", "2-й пулинг"],
    without: {
      nothing: "вся сеть",
      convolution: "без свёртки",
      pooling: "без пулинга",
      activation: "без активации",
      normalisation: "без нормализации",
      fullyConnected: "без полносвязного слоя",
    },
  },
});
