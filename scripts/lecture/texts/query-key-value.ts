import { tellings } from "../../src/lecture/experiment.ts";

export const texts = tellings({
  en: {
    title: "Query, key, value, and the scale",
    lecture:
      "Each position asks a query, offers a key and gives a value. The dot products of queries and keys grow with the width, so they are divided by its square root.",
    shows:
      "Single-head attention at initialisation, on inputs of variance one, for widths from 4 to 1,024: the variance of the scores, the entropy of the weights that softmax makes of them, and the gradient that comes back through it, with the scale and without.",
    change:
      "Set power to 0.25 or 1: half of the scale, and too much of it. With power 1 the weights of a wide model are all the same, and it looks everywhere alike.",
    claims: {
      growth: {
        says: "without the scale the variance of the scores grows as the width does",
        compares: ["growth of the variance", "half the growth of the width"],
      },
      scale: {
        says: "with the scale the variance stays near one, whatever the width",
        compares: ["largest distance from one", "allowed"],
      },
      entropy: {
        says: "without the scale a wide model looks at few places: its weights have less than half the entropy",
        compares: ["entropy with the scale", "twice the entropy without"],
      },
      gradient: {
        says: "without the scale softmax saturates, and little gradient comes back through it",
        compares: ["gradient with the scale", "three times the gradient without"],
      },
    },
    figures: {
      variance: {
        title: "The scores grow with the width",
        caption:
          "A dot product is a sum of as many products as the vectors are wide. Divided by the square root of the width, it stays what its parts are.",
        alt: "Curves over the width, both axes logarithmic: the variance of the scores rises in a straight line without the scale and stays at one with it.",
      },
      entropy: {
        title: "Softmax of large scores looks at one place",
        caption: "One is an equal look at all positions, zero a look at a single one.",
        alt: "Curves over the width: the entropy of the weights falls towards zero without the scale and stays high with it.",
      },
      gradient: {
        title: "What comes back through softmax",
        caption:
          "Where one weight is one and the others are zero, small changes of the scores change nothing: there is no gradient to learn from.",
        alt: "Curves over the width: the gradient of the scores falls without the scale and stays with it.",
      },
    },
    width: "width of queries and keys",
    plain: "without the scale",
    scaled: "with the scale",
    variance: "variance of the scores",
    entropy: "entropy of the weights, as a share of the highest",
    gradient: "mean size of the scores' gradient",
  },
  ru: {
    title: "Query, key, value и масштаб",
    lecture:
      "Каждая позиция задаёт запрос (query), предъявляет ключ (key) и отдаёт значение (value). Скалярные произведения запросов и ключей растут с размерностью, поэтому их делят на корень из неё.",
    shows:
      "Внимание с одной головой сразу после инициализации, на входах с дисперсией один, при размерностях от 4 до 1024. Измерены дисперсия скалярных произведений, энтропия весов после softmax и градиент, который проходит через softmax назад, — с масштабом и без него.",
    change:
      "Поставьте power: 0.25 или 1 — половину масштаба или слишком много. При power: 1 в широкой модели все веса одинаковы: она смотрит на всё сразу.",
    claims: {
      growth: {
        says: "без масштаба дисперсия скалярных произведений растёт вместе с размерностью",
        compares: ["во сколько раз выросла дисперсия", "половина роста размерности"],
      },
      scale: {
        says: "с масштабом дисперсия остаётся около единицы при любой размерности",
        compares: ["наибольшее отклонение от единицы", "допустимо"],
      },
      entropy: {
        says: "без масштаба широкая модель смотрит лишь на немногие позиции: энтропия весов меньше более чем вдвое",
        compares: ["энтропия с масштабом", "удвоенная энтропия без него"],
      },
      gradient: {
        says: "без масштаба softmax насыщается, и градиент через него почти не проходит",
        compares: ["градиент с масштабом", "утроенный градиент без него"],
      },
    },
    figures: {
      variance: {
        title: "Скалярные произведения растут с размерностью",
        caption:
          "В скалярном произведении столько слагаемых, какова размерность векторов. После деления на корень из размерности его разброс такой же, как у одного слагаемого.",
        alt: "Кривые по размерности, обе оси логарифмические: без масштаба дисперсия растёт по прямой, с масштабом остаётся около единицы.",
      },
      entropy: {
        title: "При больших числах softmax смотрит в одну точку",
        caption: "Единица — внимание поровну ко всем позициям, ноль — внимание только к одной.",
        alt: "Кривые по размерности: без масштаба энтропия весов падает к нулю, с масштабом остаётся высокой.",
      },
      gradient: {
        title: "Что проходит назад через softmax",
        caption:
          "Если один вес равен единице, а остальные нулю, малые изменения на входе softmax ничего не меняют: градиента, по которому можно учиться, нет.",
        alt: "Кривые по размерности: без масштаба градиент падает, с масштабом сохраняется.",
      },
    },
    width: "размерность запросов и ключей",
    plain: "без масштаба",
    scaled: "с масштабом",
    variance: "дисперсия скалярных произведений",
    entropy: "энтропия весов в долях от наибольшей",
    gradient: "средняя величина градиента",
  },
});
