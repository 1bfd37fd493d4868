import { tellings } from "../../src/lecture/experiment.ts";

export const texts = tellings({
  en: {
    title: "What holds a deep transformer together",
    lecture:
      "A transformer block is attention, a norm, a small fully connected network, and residual connections around both: each part adds to what is there.",
    shows:
      "Random vectors go through stacks of fresh blocks, and a gradient comes back, with residual connections and norms and without. Then small transformers learn to write sequences backwards, with the norm before each part (pre-norm) or behind each sum (post-norm, as in the original), with and without a warm-up of the learning rate.",
    change:
      "Set residual or norm to false. Halve the learning rate lr: does post-norm still need its warm-up? Add layers.",
    claims: {
      residual: {
        says: "residual connections carry the gradient through the deepest stack, in which it vanishes without",
        compares: ["gradient with residual connections", "a million times the one without"],
      },
      norm: {
        says: "norms alone keep a gradient alive as well",
        compares: ["gradient with norms alone", "a million times the one without"],
      },
      alike: {
        says: "but with norms alone all positions become alike, which residual connections hinder",
        compares: ["cosine between positions with both", "with norms alone, less 0.1"],
      },
      pre: {
        says: "with pre-norm a network learns at once at a learning rate at which one with post-norm does not",
        compares: ["loss at the end with pre-norm", "half of that with post-norm"],
      },
      warmup: {
        says: "post-norm learns at that rate as well, if it is warmed up",
        compares: ["loss at the end with warm-up", "half of that without"],
      },
    },
    figures: {
      gradient: {
        title: "How much of a gradient arrives at the first block",
        caption:
          "A gradient of length 1 behind the last block, and its length in front of the first, on a logarithmic axis. Without residual connections and norms each block loses most of it; behind a residual connection one way is always open.",
        alt: "Curves over the number of blocks: with residual connections the gradient stays about as long, without both it falls by many powers of ten.",
      },
      alike: {
        title: "How alike positions become",
        caption:
          "The mean cosine between the vectors of two positions. Without residual connections it is one throughout: two curves lie on each other at the top. Attention is a mean over positions: without a way around it, after a few blocks every position says the same, and there is nothing to tell apart. A gradient that arrives is not enough.",
        alt: "Curves over the number of blocks: without residual connections the cosine is one from the first blocks on, with them it grows slowly.",
      },
      warmup: {
        title: "Pre-norm and post-norm, with warm-up and without",
        caption:
          "The loss of four networks that begin alike. At this learning rate post-norm learns only if it is warmed up; to guess one of ten digits costs ln 10 = 2.3.",
        alt: "Four curves of the loss over steps: all fall but that of post-norm without warm-up, which stays at 2.3.",
      },
    },
    kinds: { both: "residual and norm", residual: "residual alone", norm: "norm alone", neither: "neither" },
    placed: { pre: "pre-norm", post: "post-norm" },
    warmed: "warm-up",
    cold: "no warm-up",
    depth: "blocks",
    gradient: "length of the gradient",
    alike: "cosine between positions",
    step: "step",
    loss: "loss",
  },
  ru: {
    title: "На чём держится глубокий трансформер",
    lecture:
      "Блок трансформера — это внимание, слой нормализации, небольшая полносвязная сеть и остаточные связи вокруг них: каждая часть прибавляет своё к тому, что уже есть.",
    shows:
      "Случайные векторы проходят через стопку ещё не обученных блоков, а обратно идёт градиент — с остаточными связями и нормализацией и без них. Затем маленькие трансформеры учатся писать последовательность задом наперёд: нормализация стоит перед каждой частью (pre-norm) или после каждой суммы (post-norm, как в исходной статье), с прогревом скорости обучения (warm-up) и без него.",
    change:
      "Поставьте residual: false или norm: false. Уменьшите скорость обучения lr вдвое: нужен ли post-norm прогрев? Добавьте блоков (layers).",
    claims: {
      residual: {
        says: "остаточные связи проводят градиент через самую глубокую стопку, а без них он затухает",
        compares: ["градиент с остаточными связями", "миллион градиентов без них"],
      },
      norm: {
        says: "и одна нормализация не даёт градиенту затухнуть",
        compares: ["градиент с одной нормализацией", "миллион градиентов без неё"],
      },
      alike: {
        says: "но с одной нормализацией все позиции становятся одинаковыми, а остаточные связи этому мешают",
        compares: ["косинус между позициями с обеими", "с одной нормализацией, минус 0,1"],
      },
      pre: {
        says: "при той скорости обучения, при которой сеть с pre-norm учится сразу, сеть с post-norm не учится",
        compares: ["потери в конце с pre-norm", "половина потерь с post-norm"],
      },
      warmup: {
        says: "с прогревом при этой скорости учится и post-norm",
        compares: ["потери в конце с прогревом", "половина потерь без прогрева"],
      },
    },
    figures: {
      gradient: {
        title: "Сколько градиента доходит до первого блока",
        caption:
          "За последним блоком длина градиента равна 1; показана его длина перед первым, шкала логарифмическая. Без остаточных связей и нормализации каждый блок теряет почти всё; остаточная связь всегда оставляет свободный путь.",
        alt: "Кривые по числу блоков: с остаточными связями длина градиента почти не меняется, без того и другого падает на много порядков.",
      },
      alike: {
        title: "Насколько одинаковыми становятся позиции",
        caption:
          "Средний косинус между векторами двух позиций. Без остаточных связей он везде равен единице: наверху две кривые лежат одна на другой. Внимание — это усреднение по позициям: если пути в обход нет, через несколько блоков все позиции говорят одно и то же и различать уже нечего. Того, что градиент доходит, недостаточно.",
        alt: "Кривые по числу блоков: без остаточных связей косинус почти сразу равен единице, с ними растёт медленно.",
      },
      warmup: {
        title: "Pre-norm и post-norm, с прогревом и без",
        caption:
          "Потери четырёх сетей с одинаковым началом. При такой скорости обучения post-norm учится только с прогревом; угадывание одной цифры из десяти стоит ln 10 = 2,3.",
        alt: "Четыре кривые потерь по шагам: все падают, кроме post-norm без прогрева, которая остаётся около 2,3.",
      },
    },
    kinds: {
      both: "остаточная связь и нормализация",
      residual: "только остаточная связь",
      norm: "только нормализация",
      neither: "ни того, ни другого",
    },
    placed: { pre: "pre-norm", post: "post-norm" },
    warmed: "с прогревом",
    cold: "без прогрева",
    depth: "число блоков",
    gradient: "длина градиента",
    alike: "косинус между позициями",
    step: "шаг",
    loss: "потери",
  },
});
