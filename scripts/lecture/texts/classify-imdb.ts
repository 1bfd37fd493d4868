import { tellings } from "../../src/lecture/experiment.ts";

export const texts = tellings({
  en: {
    title: "The transformer for classification",
    lecture:
      "Tokens become vectors, positions are added, blocks of self-attention follow, in which every position sees all. Pooling makes one vector of the sequence, a linear layer makes classes of it. The lecture's data set are 50,000 film reviews of IMDB.",
    shows:
      "IMDB's reviews where they have been fetched (lectern data fetch imdb), else real mail, ham or spam (lectern data fetch spam-assassin). IMDB may be used for research alone, and the mail is a large archive, so neither is installed with everything else; the labelled texts that are, are 8,003 first names, female or male, read letter by letter. Two classifiers differ in nothing but the pooling, mean or maximum.",
    change: "Set data to “russian-names” or to a table of your own, shuffled to true, or layers to another number.",
    claims: {
      learns: {
        says: "the classifier is right on texts that were held back more often than whoever always names the most frequent class",
        compares: ["share of right answers, mean pooling", "share of the most frequent class, and 0.05 more"],
      },
      looks: {
        says: "training makes attention choose: the token that is most looked at gets clearly more than an even share",
        compares: ["how many times an even share it gets, mean over 50 texts", "at least"],
      },
    },
    figures: {
      curve: {
        title: "Right answers over training",
        caption: "The share of texts that were held back which are classified rightly, with mean and with max pooling.",
        alt: "Curves over steps: the share of right answers with mean and max pooling, and the share of the most frequent class.",
      },
      confusion: {
        title: "What is taken for what",
        caption:
          "The confusion matrix of the classifier with mean pooling: how many of each class (a row) were taken for each.",
        alt: "A heat map of counts: true classes by predicted ones.",
      },
      looks: {
        title: "What got attention",
        caption:
          "The attention that each token gets in the last layer, mean over heads and over those who look; the most of a text is the darkest. Attention says what was looked at, not what decided.",
        alt: "Texts whose tokens are marked the stronger, the more attention they got.",
      },
    },
    labels: { female: "female", male: "male", "0": "negative", "1": "positive", ham: "ham", spam: "spam" } as Record<
      string,
      string
    >,
    pooling: { mean: "mean pooling", max: "max pooling" },
    majority: "the most frequent class",
    step: "step",
    right: "share of right answers",
    is: "is",
    taken: "taken for",
  },
  ru: {
    title: "Трансформер для классификации",
    lecture:
      "Токены превращаются в векторы, к ним прибавляются позиции, дальше идут блоки самовнимания, где каждая позиция видит все. Пулинг делает из последовательности один вектор, линейный слой — классы. На лекции это 50 000 отзывов о фильмах с IMDB.",
    shows:
      "Отзывы IMDB, если они скачаны (lectern data fetch imdb), иначе настоящие письма, спам или нет (lectern data fetch spam-assassin). IMDB разрешено использовать только для исследований, а письма — большой архив, поэтому вместе со всем остальным ставятся лишь 8003 имени, женских и мужских, и они читаются побуквенно. Два классификатора отличаются только пулингом: среднее или максимум.",
    change:
      "Поставьте data равным «russian-names» или пути к своей таблице, shuffled — true или другое число слоёв layers.",
    claims: {
      learns: {
        says: "на отложенных текстах классификатор прав чаще, чем тот, кто всегда называет самый частый класс",
        compares: ["доля верных ответов, пулинг средним", "доля самого частого класса, плюс 0,05"],
      },
      looks: {
        says: "обучение делает внимание разборчивым: самому заметному токену достаётся явно больше равной доли",
        compares: ["во сколько раз больше равной доли, в среднем по 50 текстам", "не меньше"],
      },
    },
    figures: {
      curve: {
        title: "Верные ответы в ходе обучения",
        caption: "Доля верно классифицированных отложенных текстов с пулингом средним и максимумом.",
        alt: "Кривые по шагам: доля верных ответов с двумя видами пулинга и доля самого частого класса.",
      },
      confusion: {
        title: "Что за что принято",
        caption:
          "Матрица ошибок классификатора с пулингом средним: сколько текстов каждого класса (строка) отнесено к каждому.",
        alt: "Тепловая карта: истинные классы и предсказанные.",
      },
      looks: {
        title: "На что обращено внимание",
        caption:
          "Внимание, которое достаётся каждому токену в последнем слое, среднее по головам и по смотрящим; самый тёмный — самый заметный в тексте. Внимание показывает, куда смотрели, а не что решило дело.",
        alt: "Тексты, токены которых выделены тем сильнее, чем больше внимания им досталось.",
      },
    },
    labels: {
      female: "жен.",
      male: "муж.",
      "0": "плохой",
      "1": "хороший",
      ham: "письмо",
      spam: "спам",
    } as Record<string, string>,
    pooling: { mean: "пулинг средним", max: "пулинг максимумом" },
    majority: "самый частый класс",
    step: "шаг",
    right: "доля верных ответов",
    is: "на самом деле",
    taken: "принято за",
  },
});
