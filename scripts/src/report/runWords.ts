import { inLanguages } from "./language.ts";

const figure = (title: string, label: string, caption: string, alt: string) => ({ title, label, caption, alt });

/** What the reports of trainings say. */
export const runWords = inLanguages({
  en: {
    title: (name: string) => `The run ${name}`,
    comparison: (count: string) => `${count} runs compared`,
    step: "step",
    training: "training",
    validation: "validation",
    stepsMade: (_: number, steps: string) => `${steps} steps`,
    loss: figure(
      "Loss",
      "loss",
      "Of each step's batch, and of data held out from training. Where the second rises while the first falls, the model learns by heart.",
      "Curves of the training loss and the validation loss over the steps.",
    ),
    measures: { accuracy: "accuracy", exactMatch: "exact matches" },
    measure: (name: string) => ({
      title: `Validation: ${name}`,
      caption: "Of data held out from training.",
      alt: `A curve over the steps: ${name} in validation.`,
    }),
    lr: figure(
      "Learning rate",
      "learning rate",
      "How far a step goes: warm-up, then what the schedule says.",
      "A curve of the learning rate over the steps.",
    ),
    gradient: figure(
      "Gradient",
      "norm of the gradient",
      "Its length before it is clipped. A peak is a step that would have gone astray.",
      "A curve of the gradient's norm over the steps.",
    ),
    speed: {
      title: "Throughput",
      caption: "How much is learned from in a second.",
      alt: "A curve of the speed over the steps.",
    },
    perSecond: (unit: string) => `${unit} a second`,
    samples: {
      title: "What it writes",
      caption: "The model goes on from an empty line at several moments of its training, with the same random numbers.",
      alt: "A table of samples by the step at which they were written.",
    },
    sample: "sample",
    settings: { title: "Settings", caption: "As config.json has them.", alt: "A table of the settings." },
    attention: {
      title: "Attention",
      caption: "Who looks at whom, head by head: a row is a position, its columns those that it sees.",
      alt: "Heat maps of attention weights, one for each head.",
    },
    head: (layer: number, head: number) => `layer ${layer}, head ${head}`,
    query: "position",
    key: "looks at",
    confusion: {
      title: "Confusion matrix",
      caption: "Texts of the validation data by what they are and what the model says. The diagonal is right.",
      alt: "A heat map of true and predicted classes.",
    },
    truth: "is",
    prediction: "is taken for",
    seen: {
      title: "What it looks at",
      caption:
        "Some texts of the validation data; the stronger a piece's colour, the more attention the last layer gives it.",
      alt: "Texts whose pieces are marked by the attention they get.",
    },
    beams: {
      title: "The tree of beams",
      caption:
        "Each column is a token; the number is the log probability of the text up to there. The thick line is the best text.",
      alt: "A tree of tokens, with the best path marked.",
    },
    choices: {
      title: "How each token was chosen",
      caption: "The likeliest tokens at each step; a filter that took one away is named.",
      alt: "A table of tokens and probabilities by step.",
    },
    explained: "How a text came about",
    chosen: "chosen",
    probability: "probability",
    filtered: "after the filters",
    leftOut: (filter: string) => `left out by ${filter}`,
    token: "token",
  },
  ru: {
    title: (name: string) => `Запуск ${name}`,
    comparison: (count: string) => `Сравнение запусков: ${count}`,
    step: "шаг",
    training: "обучение",
    validation: "проверка",
    stepsMade: (count: number, steps: string) => `${steps} ${stepsInRussian(count)}`,
    loss: figure(
      "Функция потерь",
      "функция потерь",
      "На пакете каждого шага и на отложенных данных. Если вторая кривая растёт, пока первая падает, модель заучивает примеры.",
      "Кривые функции потерь при обучении и при проверке по шагам.",
    ),
    measures: { accuracy: "доля верных ответов", exactMatch: "доля точных совпадений" },
    measure: (name: string) => ({
      title: `Проверка: ${name}`,
      caption: "На данных, отложенных от обучения.",
      alt: `Кривая по шагам: ${name} при проверке.`,
    }),
    lr: figure(
      "Скорость обучения",
      "скорость обучения",
      "Длина шага: прогрев, затем по расписанию.",
      "Кривая скорости обучения по шагам.",
    ),
    gradient: figure(
      "Градиент",
      "норма градиента",
      "Длина градиента до обрезания. Пик — шаг, который увёл бы далеко в сторону.",
      "Кривая нормы градиента по шагам.",
    ),
    speed: {
      title: "Производительность",
      caption: "Сколько данных проходит через модель за секунду.",
      alt: "Кривая скорости по шагам.",
    },
    perSecond: (unit: string) => `${UNITS_IN_RUSSIAN[unit] ?? unit} в секунду`,
    samples: {
      title: "Что она пишет",
      caption: "Модель продолжает пустую строку в разные моменты обучения, с одними и теми же случайными числами.",
      alt: "Таблица: шаг и написанный на нём текст.",
    },
    sample: "текст",
    settings: { title: "Настройки", caption: "Как они записаны в config.json.", alt: "Таблица настроек." },
    attention: {
      title: "Внимание",
      caption: "Кто на кого смотрит, по головам: строка — позиция, столбцы — то, что она видит.",
      alt: "Тепловые карты весов внимания, по одной на голову.",
    },
    head: (layer: number, head: number) => `слой ${layer}, голова ${head}`,
    query: "позиция",
    key: "смотрит на",
    confusion: {
      title: "Матрица ошибок",
      caption:
        "Тексты из проверочных данных: чем они являются и за что их принимает модель. На диагонали — верные ответы.",
      alt: "Тепловая карта истинных и предсказанных классов.",
    },
    truth: "на самом деле",
    prediction: "ответ модели",
    seen: {
      title: "На что она смотрит",
      caption:
        "Несколько текстов из проверочных данных; чем ярче выделен фрагмент, тем больше внимания уделяет ему последний слой.",
      alt: "Тексты, в которых выделены фрагменты, получившие внимание.",
    },
    beams: {
      title: "Дерево лучей",
      caption:
        "Каждый столбец — токен; число — логарифм вероятности текста до этого места. Толстая линия — лучший текст.",
      alt: "Дерево токенов, в котором отмечен лучший путь.",
    },
    choices: {
      title: "Как выбирался каждый токен",
      caption: "Самые вероятные токены на каждом шаге; если фильтр отбросил токен, он назван.",
      alt: "Таблица токенов и вероятностей по шагам.",
    },
    explained: "Как получился текст",
    chosen: "выбран",
    probability: "вероятность",
    filtered: "после фильтров",
    leftOut: (filter: string) => `отброшен: ${filter}`,
    token: "токен",
  },
});

/** What speeds are counted in, in the genitive. */
const UNITS_IN_RUSSIAN: Readonly<Record<string, string>> = {
  ...{ tokens: "токенов", images: "изображений", examples: "примеров", texts: "текстов" },
};

/** 1 шаг, 2 шага, 5 шагов, 11 шагов, 21 шаг. */
function stepsInRussian(count: number): string {
  const form = new Intl.PluralRules("ru").select(count);
  return form === "one" ? "шаг" : form === "few" ? "шага" : "шагов";
}
