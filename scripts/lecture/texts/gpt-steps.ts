import { tellings } from "../../src/lecture/experiment.ts";

export const texts = tellings({
  en: {
    title: "GPT, step by step",
    lecture:
      "GPT is a stack of blocks with a causal mask: tokens become vectors, positions are added, blocks follow; the product with the embedding gives a score to each token, softmax a probability, and one is drawn.",
    shows:
      "A prompt on its way through the small model that comes with the project: the shape of what every step puts out, the vectors, the attention of every head, and the probabilities. After each block the head is asked what comes next, before the others have had their say (the logit lens). Last, two small models are trained whose heads are the embedding itself, and a matrix of their own.",
    change: "Change prompt, or set model to “gpt2”, where there is a network, trained or positions to false.",
    claims: {
      steps: {
        says: "these steps are all that the model does: they end in the same logits",
        compares: ["largest difference of a logit", "allowed"],
      },
      lens: {
        says: "block by block the answer comes up: after the last the loss is far below that before the first",
        compares: ["loss after the last block", "loss before the first, less 0.5"],
      },
      tied: {
        says: "a head that is the embedding saves a matrix, and learns more slowly in a training as short as this",
        compares: [
          ["parameters with the tied head", "with a matrix of its own"],
          ["loss with the tied head", "with a matrix of its own"],
        ],
      },
    },
    figures: {
      shapes: {
        title: "Every step, and its shape",
        caption:
          "The first number is the batch, the second the positions; the vectors keep their width up to the head.",
        alt: "A table of the steps with the shape of what each puts out.",
      },
      vectors: {
        title: "Vectors of tokens and of positions",
        caption: "The first 16 numbers of each. Their sum goes into the first block.",
        alt: "Two heat maps: tokens by elements of their embedding, and of the vectors of their positions.",
      },
      attention: {
        title: "Who looks at whom",
        caption:
          "Each head of each layer: a row is a token that looks, a column one that is looked at. The mask leaves the upper right empty.",
        alt: "A heat map for each head: tokens by the tokens before them.",
      },
      likeliest: {
        title: "What comes next",
        caption: "The ten likeliest tokens behind the prompt. One of all tokens is drawn by these probabilities.",
        alt: "Bars: the ten likeliest next tokens with their probabilities.",
      },
      lens: {
        title: "The logit lens",
        caption:
          "What the head says if it is asked after each block, and the probability that it gives by then to what wins in the end.",
        alt: "A table: after each block the three likeliest tokens, and the probability of the one that wins in the end.",
      },
      lensLosses: {
        title: "The answer comes up block by block",
        caption: "The loss of the head after each block, on text that was held back, in nats a token.",
        alt: "A curve of the loss, falling with the number of blocks.",
      },
      heads: {
        title: "The head: the embedding, or a matrix of its own",
        caption:
          "The loss on text that was held back. The matrix of its own learns faster at first; the longer the training, the less it matters. Behind the names stand the parameters.",
        alt: "Two curves of the loss over training: with a tied head and with one of its own.",
      },
    },
    steps: {
      tokens: { name: "tokens", what: "numbers of pieces of text" },
      embedding: { name: "embedding", what: "a vector for each token" },
      positions: { name: "with positions", what: "the vector of its place is added" },
      block: { name: "block", what: "attention to what came before, then a small network" },
      norm: { name: "layer norm", what: "before the head" },
      logits: { name: "logits", what: "the product with the embedding: a score for each token" },
      probabilities: { name: "probabilities", what: "softmax at the last position" },
    },
    step: "step",
    shape: "shape",
    what: "what it is",
    token: "token",
    element: "element",
    position: "position",
    looks: "looks",
    at: "is looked at",
    head: (layer: number, head: number) => `layer ${layer}, head ${head}`,
    probability: "probability",
    after: "asked after",
    beforeBlocks: "no block",
    likeliest: "likeliest",
    final: "probability of what wins",
    blocks: "blocks",
    loss: "loss, nats a token",
    lens: "head asked after so many blocks",
    training: "step of training",
    tied: "the embedding",
    own: "a matrix of its own",
  },
  ru: {
    title: "GPT по шагам",
    lecture:
      "GPT — стопка блоков с маской будущего: токены превращаются в векторы, прибавляются позиции, идут блоки; произведение с эмбеддингом даёт оценку каждому токену, softmax — вероятность, и один из токенов выбирается.",
    shows:
      "Путь одной фразы через маленькую модель из проекта: форма того, что выдаёт каждый шаг, векторы, внимание каждой головы и вероятности. После каждого блока голову модели спрашивают, что дальше, не дожидаясь остальных (logit lens). Напоследок обучаются две маленькие модели: у одной выходная матрица — сам эмбеддинг, у другой — своя.",
    change: "Измените prompt, поставьте model равным «rugpt3-small» (нужна сеть), trained или positions — false.",
    claims: {
      steps: {
        says: "эти шаги — всё, что делает модель: логиты получаются те же",
        compares: ["наибольшая разность логитов", "допустимо"],
      },
      lens: {
        says: "ответ проступает блок за блоком: после последнего потери намного меньше, чем до первого",
        compares: ["потери после последнего блока", "потери до первого, минус 0,5"],
      },
      tied: {
        says: "выход через эмбеддинг экономит целую матрицу, но при таком коротком обучении учится медленнее",
        compares: [
          ["параметров с общей матрицей", "со своей"],
          ["потери с общей матрицей", "со своей"],
        ],
      },
    },
    figures: {
      shapes: {
        title: "Каждый шаг и его форма",
        caption: "Первое число — размер пакета, второе — позиции; ширина векторов не меняется до самого выхода.",
        alt: "Таблица шагов с формой того, что выдаёт каждый.",
      },
      vectors: {
        title: "Векторы токенов и позиций",
        caption: "Первые 16 чисел каждого. Их сумма идёт в первый блок.",
        alt: "Две тепловые карты: токены и элементы их эмбеддингов; позиции и элементы их векторов.",
      },
      attention: {
        title: "Кто на кого смотрит",
        caption:
          "Каждая голова каждого слоя: строка — токен, который смотрит, столбец — на который смотрят. Правый верхний угол пуст из-за маски.",
        alt: "Тепловая карта для каждой головы: токены и токены перед ними.",
      },
      likeliest: {
        title: "Что дальше",
        caption: "Десять самых вероятных токенов после фразы. По этим вероятностям выбирается один из всех токенов.",
        alt: "Столбцы: десять самых вероятных токенов и их вероятности.",
      },
      lens: {
        title: "Logit lens",
        caption:
          "Что отвечает выход модели, если спросить его после каждого блока, и какую вероятность получает к этому времени тот токен, что победит в конце.",
        alt: "Таблица: после каждого блока три самых вероятных токена и вероятность того, который победит.",
      },
      lensLosses: {
        title: "Ответ проступает блок за блоком",
        caption: "Потери, если спросить выход после каждого блока, на отложенном тексте, в натах на токен.",
        alt: "Кривая потерь, падающая с числом блоков.",
      },
      heads: {
        title: "Выход: сам эмбеддинг или своя матрица",
        caption:
          "Потери на отложенном тексте. Своя матрица вначале учится быстрее, но чем дольше обучение, тем меньше разница. За названиями — число параметров.",
        alt: "Две кривые потерь в ходе обучения: с общей матрицей и со своей.",
      },
    },
    steps: {
      tokens: { name: "токены", what: "номера кусочков текста" },
      embedding: { name: "эмбеддинг", what: "вектор каждого токена" },
      positions: { name: "с позициями", what: "прибавлен вектор места" },
      block: { name: "блок", what: "внимание к предыдущим, затем небольшая сеть" },
      norm: { name: "layer norm", what: "перед выходом" },
      logits: { name: "логиты", what: "произведение с эмбеддингом: оценка каждого токена" },
      probabilities: { name: "вероятности", what: "softmax на последней позиции" },
    },
    step: "шаг",
    shape: "форма",
    what: "что это",
    token: "токен",
    element: "элемент",
    position: "позиция",
    looks: "кто смотрит",
    at: "на кого смотрит",
    head: (layer: number, head: number) => `слой ${layer}, голова ${head}`,
    probability: "вероятность",
    after: "спросили после",
    beforeBlocks: "до блоков",
    likeliest: "самые вероятные",
    final: "вероятность победителя",
    blocks: "блоков",
    loss: "потери, наты на токен",
    lens: "ответ после стольких блоков",
    training: "шаг обучения",
    tied: "сам эмбеддинг",
    own: "своя матрица",
  },
});
