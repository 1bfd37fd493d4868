import { tellings } from "../../src/lecture/experiment.ts";

export const texts = tellings({
  en: {
    title: "Global average pooling",
    lecture:
      "Global average pooling takes the place of the fully connected layer. It has no parameters, and the maps before it become maps of confidence: where in the picture is which class?",
    shows:
      "Two networks with the same convolutions learn digits that lie anywhere in pictures of 40 x 40 pixels. The last convolution has one map for each class. In one network the mean of a map is the score of its class; in the other a fully connected layer makes the scores. Then both are shown larger pictures, with one digit and with two.",
    change:
      'Put "centre" in the place of "average" in heads. Make canvas larger. With more steps, do the maps get sharper?',
    claims: {
      parameters: {
        says: "the head with global average pooling has no parameters",
        compares: ["its parameters", "zero"],
      },
      accuracy: {
        says: "it reads about as many digits as the fully connected head",
        compares: ["share right with global average pooling", "with the fully connected layer, less the margin"],
      },
      connected: {
        says: "the fully connected head cannot take a larger picture at all",
        compares: ["larger pictures taken", "zero"],
      },
      larger: {
        says: "with global average pooling, digits are read as well in larger pictures than any that were learned from",
        compares: ["share right in larger pictures", "in pictures of the size learned from, less the margin"],
      },
      where: {
        says: "of two digits in a picture, the map of each class points to its own",
        compares: ["share of maps that are highest at their digit", "claimed; half would be chance"],
      },
    },
    figures: {
      accuracy: {
        title: "Digits read right, by both heads",
        caption:
          "The same convolutions, trained for the same number of steps. The mean over all places cannot tell them apart, and need not: a digit is the same digit anywhere.",
        alt: "Two bars: the share of digits read right with global average pooling and with the fully connected layer.",
      },
      parameters: {
        title: "Parameters of both heads",
        caption:
          "A mean has nothing to learn; the fully connected layer has one weight for each place of each map and class.",
        alt: "Two bars: no parameters with global average pooling, about ten thousand with the fully connected layer.",
      },
      maps: {
        title: "Where the network sees which digit",
        caption:
          "In each row a picture with two digits, and the maps of their two classes. A map is dark where the network is sure of its class. Nobody has told it where digits are: it was told only which.",
        alt: "Rows of three images: a larger picture with two digits, and the map of each digit's class, dark at that digit.",
      },
    },
    heads: {
      average: "global average pooling",
      centre: "the middle of each map",
      corner: "the corner of each map",
      connected: "fully connected",
    },
    accuracy: "share of digits read right",
    parameters: "parameters of the head",
    picture: "picture",
    map: "map of",
  },
  ru: {
    title: "Global average pooling",
    lecture:
      "Global average pooling (усреднение по всей карте признаков) заменяет полносвязный слой. Параметров у него нет, а карты перед ним превращаются в карты уверенности: где на картинке какой класс?",
    shows:
      "Две сети с одинаковыми свёртками учатся узнавать цифру, стоящую где угодно на картинке 40 × 40 пикселей. У последней свёртки по одной карте на класс. В одной сети оценка класса — среднее его карты, в другой оценки даёт полносвязный слой. Затем обеим показываем картинки побольше, с одной цифрой и с двумя.",
    change:
      'Поставьте в heads "centre" вместо "average". Увеличьте canvas. Станут ли карты чётче, если увеличить steps?',
    claims: {
      parameters: {
        says: "у выхода с global average pooling нет параметров",
        compares: ["число его параметров", "нуль"],
      },
      accuracy: {
        says: "с ним сеть узнаёт примерно столько же цифр, сколько с полносвязным слоем",
        compares: ["доля верных ответов с global average pooling", "с полносвязным слоем, минус допуск"],
      },
      connected: {
        says: "сеть с полносвязным слоем картинку побольше не принимает вовсе",
        compares: ["принято больших картинок", "нуль"],
      },
      larger: {
        says: "с global average pooling цифры узнаются не хуже и на картинках, больших всех, что были при обучении",
        compares: ["доля верных ответов на больших картинках", "на картинках прежнего размера, минус допуск"],
      },
      where: {
        says: "если цифр на картинке две, карта каждого класса указывает на свою",
        compares: ["доля карт с максимумом на своей цифре", "заявлено; случайно была бы половина"],
      },
    },
    figures: {
      accuracy: {
        title: "Сколько цифр узнаёт каждая сеть",
        caption:
          "Свёртки одинаковы, число шагов тоже. Среднее по всем местам этих мест не различает, но и не нужно: цифра — везде та же цифра.",
        alt: "Два столбика: доля верных ответов с global average pooling и с полносвязным слоем.",
      },
      parameters: {
        title: "Сколько у каждого выхода параметров",
        caption:
          "Среднему учиться нечему, а у полносвязного слоя есть вес для каждого места каждой карты и каждого класса.",
        alt: "Два столбика: у global average pooling параметров нет, у полносвязного слоя около десяти тысяч.",
      },
      maps: {
        title: "Где сеть видит какую цифру",
        caption:
          "В каждом ряду — картинка с двумя цифрами и карты двух их классов. Чем темнее место карты, тем больше сеть уверена в этом классе. Где стоят цифры, ей никто не говорил — только какие они.",
        alt: "Ряды по три картинки: большая картинка с двумя цифрами и карта класса каждой из них, тёмная на месте этой цифры.",
      },
    },
    heads: {
      average: "global average pooling",
      centre: "середина каждой карты",
      corner: "угол каждой карты",
      connected: "полносвязный слой",
    },
    accuracy: "доля верных ответов",
    parameters: "число параметров выхода",
    picture: "картинка",
    map: "карта класса",
  },
});
