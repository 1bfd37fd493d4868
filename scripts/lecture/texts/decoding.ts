import { tellings } from "../../src/lecture/experiment.ts";

export const texts = tellings({
  en: {
    title: "Decoding: argmax, beam search, sampling",
    lecture:
      "A language model gives a distribution over the next token. Argmax takes the likeliest. Beam search follows several texts at once and keeps the likeliest of them. Sampling draws, and a temperature makes the distribution sharper or flatter before.",
    shows:
      "The small model that comes with the project, trained on Moby-Dick, goes on from six beginnings in each way. Measured are how likely the model itself finds what was written, how much a text repeats itself, and how different the texts are.",
    change: "Change prompts, temperatures or beams, or set model to “gpt2”, where there is a network.",
    claims: {
      likeliest: {
        says: "beam search finds texts that are likelier than those of argmax",
        compares: ["mean log probability of a token, the widest beam", "argmax, and 0.01 more"],
      },
      repeats: {
        says: "likely texts repeat themselves: argmax far more than samples",
        compares: ["share of repeated triples, argmax", "at the highest temperature, and 0.1 more"],
      },
      diverse: {
        says: "a higher temperature makes texts more diverse",
        compares: ["share of different pairs at the highest temperature", "at the lowest, and 0.1 more"],
      },
    },
    figures: {
      likelihood: {
        title: "How likely is what was written?",
        caption:
          "Mean log probability of a token by the model itself, before any temperature. Hot samples are texts that the model does not believe in.",
        alt: "A curve of the log probability falling with the temperature, and the levels of argmax and of beam search.",
      },
      repetition: {
        title: "Repetition and diversity",
        caption:
          "Repetition: the share of triples of tokens in a text that it has had before. Diversity: the share of different pairs in all texts together.",
        alt: "Bars for each way of decoding: the share of repeated triples, and of different pairs.",
      },
      tree: {
        title: "The tree of beams",
        caption:
          "At each step the likeliest continuations of all beams are kept; the sum of log probabilities stands under each token. Some beams end because others have grown likelier. The text that came out is marked.",
        alt: "A tree of tokens that grows from the prompt, three beams wide; the way to the likeliest text is marked.",
      },
      texts: {
        title: "The texts",
        caption: "The continuation of the first beginning, each way.",
        alt: "A table: the way of decoding and what it wrote.",
      },
    },
    ways: {
      greedy: (_: string) => "argmax",
      beam: (width: string) => `beam search, ${width}`,
      sample: (temperature: string) => `temperature ${temperature}`,
    },
    temperature: "temperature",
    likelihood: "log probability of a token",
    sampled: "sampling",
    repetition: "repeated triples",
    diversity: "different pairs",
    share: "share",
    way: "way",
    text: "text",
  },
  ru: {
    title: "Декодирование: argmax, лучевой поиск, сэмплирование",
    lecture:
      "Языковая модель даёт распределение на следующий токен. Argmax берёт самый вероятный. Лучевой поиск (beam search) ведёт несколько текстов сразу и оставляет самые вероятные. Сэмплирование выбирает случайно, а температура перед этим заостряет распределение или сглаживает его.",
    shows:
      "Маленькая модель, которая лежит в проекте и обучена на «Моби Дике», продолжает шесть начал каждым из способов. Измеряется, насколько вероятным находит написанное сама модель, сколько в тексте повторов и насколько тексты разные.",
    change:
      "Измените prompts, temperatures или beams либо, если есть сеть, поставьте model равным «gpt2» или «rugpt3-small».",
    claims: {
      likeliest: {
        says: "лучевой поиск находит тексты вероятнее тех, что даёт argmax",
        compares: ["средний логарифм вероятности токена, самый широкий луч", "argmax, плюс 0,01"],
      },
      repeats: {
        says: "вероятные тексты повторяются: argmax — гораздо чаще сэмплирования",
        compares: ["доля повторённых троек, argmax", "при самой высокой температуре, плюс 0,1"],
      },
      diverse: {
        says: "чем выше температура, тем разнообразнее тексты",
        compares: ["доля разных пар при самой высокой температуре", "при самой низкой, плюс 0,1"],
      },
    },
    figures: {
      likelihood: {
        title: "Насколько вероятно написанное?",
        caption:
          "Средний логарифм вероятности токена по самой модели, без температуры. Горячие тексты — те, в которые модель сама не верит.",
        alt: "Кривая логарифма вероятности, падающая с температурой, и уровни argmax и лучевого поиска.",
      },
      repetition: {
        title: "Повторы и разнообразие",
        caption:
          "Повторы — доля троек токенов, которые в тексте уже были. Разнообразие — доля разных пар во всех текстах вместе.",
        alt: "Столбцы для каждого способа: доля повторённых троек и доля разных пар.",
      },
      tree: {
        title: "Дерево лучей",
        caption:
          "На каждом шаге остаются самые вероятные продолжения всех лучей; под токеном — сумма логарифмов вероятностей. Иные лучи обрываются: другие стали вероятнее. Отмечен путь к получившемуся тексту.",
        alt: "Дерево токенов, растущее из начала текста, шириной в три луча; отмечен путь к самому вероятному тексту.",
      },
      texts: {
        title: "Тексты",
        caption: "Продолжение первого начала каждым способом.",
        alt: "Таблица: способ декодирования и что получилось.",
      },
    },
    ways: {
      greedy: (_: string) => "argmax",
      beam: (width: string) => `лучевой поиск, ${width}`,
      sample: (temperature: string) => `температура ${temperature}`,
    },
    temperature: "температура",
    likelihood: "логарифм вероятности токена",
    sampled: "сэмплирование",
    repetition: "повторённые тройки",
    diversity: "разные пары",
    share: "доля",
    way: "способ",
    text: "текст",
  },
});
