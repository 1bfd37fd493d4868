import { tellings } from "../../src/lecture/experiment.ts";

export const texts = tellings({
  en: {
    title: "Self-attention in three lines",
    lecture:
      "The output of self-attention is a weighted sum of all inputs. The weights are the dot products of the inputs, made by softmax into numbers that are positive and sum to one.",
    shows:
      "Six words have vectors whose four numbers can be read: animal, food, movement, place. Self-attention without any parameter is computed in three lines, with softmax and without.",
    change:
      "Set softmax to false: the claims fall. Add a word, or give fish no food any more, and see to whom it turns.",
    claims: {
      sums: { says: "each row of weights sums to one", compares: ["largest distance from one", "allowed"] },
      all: {
        says: "every input has a part in every output: no weight is zero or negative",
        compares: ["smallest weight", "bound"],
      },
      mean: {
        says: "an output is a mean of the inputs, and so no larger than the largest of them",
        compares: ["largest number of the outputs", "largest number of the inputs"],
      },
      layer: {
        says: "the three lines are the library's layer SelfAttention",
        compares: ["largest difference", "allowed"],
      },
    },
    figures: {
      weights: {
        title: "Dot products, and weights",
        caption:
          "Left, the dot product of each word with each: of any size, and negative where two have little to do with each other. Right, the same rows after softmax: each is now a share of attention.",
        alt: "Two heat maps, words by words: dot products and attention weights. Words of one kind attend to each other.",
      },
      sums: {
        title: "What a row sums to",
        caption:
          "The dot products of a row sum to anything. Its weights sum to one, so the output is a mean of the inputs.",
        alt: "Bars for each word: the sum of its dot products, of any size, and of its weights, always one.",
      },
      outputs: {
        title: "What comes out",
        caption:
          "Each word's vector after attention is mixed with those of the words that it attended to: home, which attends mostly to itself, stays a place.",
        alt: "A heat map of the outputs: words by traits.",
      },
    },
    output: "output of",
    input: "attends to",
    scores: "dot products",
    weights: "after softmax",
    sum: "sum of the row",
    trait: "trait",
    traits: ["animal", "food", "movement", "place"],
    words: { cat: "cat", dog: "dog", eats: "eats", fish: "fish", runs: "runs", home: "home" },
  },
  ru: {
    title: "Self-attention в три строки",
    lecture:
      "Выход self-attention — взвешенная сумма всех входов. Веса — это скалярные произведения входов, которые softmax превращает в положительные числа с суммой один.",
    shows:
      "У шести слов есть векторы, и каждую из четырёх координат можно прочесть: животное, еда, движение, место. Self-attention без единого параметра считается в три строки — с softmax и без него.",
    change:
      "Поставьте softmax: false — утверждения перестанут выполняться. Добавьте слово или сделайте рыбу несъедобной и посмотрите, на кого теперь направлено её внимание.",
    claims: {
      sums: {
        says: "сумма весов в каждой строке равна единице",
        compares: ["наибольшее отклонение от единицы", "допустимо"],
      },
      all: {
        says: "каждый вход участвует в каждом выходе: нулевых и отрицательных весов нет",
        compares: ["наименьший вес", "граница"],
      },
      mean: {
        says: "выход — это среднее входов, и потому он не больше наибольшего из них",
        compares: ["наибольшее число среди выходов", "наибольшее число среди входов"],
      },
      layer: {
        says: "эти три строки — то же самое, что слой SelfAttention в библиотеке",
        compares: ["наибольшая разность", "допустимо"],
      },
    },
    figures: {
      weights: {
        title: "Скалярные произведения и веса",
        caption:
          "Слева — скалярное произведение каждого слова с каждым: оно бывает любым, а у слов, мало связанных друг с другом, и отрицательным. Справа — те же строки после softmax: теперь это доли внимания.",
        alt: "Две тепловые карты «слова на слова»: скалярные произведения и веса внимания. Близкие по смыслу слова обращают внимание друг на друга.",
      },
      sums: {
        title: "Сумма по строке",
        caption:
          "Сумма скалярных произведений в строке может быть любой. Сумма весов равна единице, поэтому выход — среднее входов.",
        alt: "Столбики для каждого слова: сумма скалярных произведений — любая, сумма весов — всегда единица.",
      },
      outputs: {
        title: "Что получилось на выходе",
        caption:
          "После внимания вектор слова смешан с векторами тех слов, на которые оно смотрело. «Дом» смотрит в основном на себя и остаётся местом.",
        alt: "Тепловая карта выходов: слова и признаки.",
      },
    },
    output: "выход слова",
    input: "на что смотрит",
    scores: "скалярные произведения",
    weights: "после softmax",
    sum: "сумма по строке",
    trait: "признак",
    traits: ["животное", "еда", "движение", "место"],
    words: { cat: "кошка", dog: "собака", eats: "ест", fish: "рыба", runs: "бежит", home: "дом" },
  },
});
