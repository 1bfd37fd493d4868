import { tellings } from "../../src/lecture/experiment.ts";

export const texts = tellings({
  en: {
    title: "Attention does not know order",
    lecture:
      "Self-attention is equivariant to permutation: permuted inputs give the same outputs, permuted. For it, “Argentina beat Jamaica 5:0” and “Jamaica beat Argentina 5:0” are one sentence, until positions are added.",
    shows:
      "A random transformer encoder gets random sequences in many orders, and the two sentences. Nothing is trained: what is shown follows from the formulas, and holds for any weights.",
    change:
      "Set without to 0.001: positions so weak are enough for the claims to fall. Or give more layers: whatever the depth, nothing changes.",
    claims: {
      float32: {
        says: "permuting the inputs permutes the outputs, and does nothing else (float32)",
        compares: ["largest difference", "allowed"],
      },
      reference: {
        says: "so it does in double precision, on the reference device",
        compares: ["largest difference", "allowed"],
      },
      same: {
        says: "without positions both sentences get one representation",
        compares: ["largest difference", "allowed"],
      },
      told: { says: "with positions they are told apart", compares: ["largest difference", "at least"] },
    },
    figures: {
      sentences: {
        title: "Two results of one match",
        caption:
          "The first twelve numbers of each sentence's representation, the mean of its outputs. Without positions the rows are the same; with positions they differ, which the third picture shows on a scale of its own.",
        alt: "Three heat maps: the sentences without positions, with them, and their differences, which are zero without positions.",
      },
      distances: {
        title: "Permuted before or after",
        caption:
          "The largest difference between the outputs of a permuted input and the permuted outputs. Without positions only rounding is left of it.",
        alt: "Bars on a logarithmic axis: in double precision the difference is about ten to the power of minus fifteen, in float32 minus seven, and with positions it is of the size of the outputs.",
      },
    },
    sentences: ["Argentina beat Jamaica 5:0", "Jamaica beat Argentina 5:0"],
    sentence: "sentence",
    number: "number of the representation",
    difference: "what the first sentence has more",
    without: "without positions",
    with: "with positions",
    distance: "largest difference (logarithmic)",
    exact: "without positions, double precision",
    float32: "without positions, float32",
    placed: "with positions, float32",
  },
  ru: {
    title: "Внимание не знает порядка",
    lecture:
      "Self-attention эквивариантно к перестановкам: если переставить входы, выходы будут теми же, но переставленными. Для него «Аргентина победила Ямайку 5:0» и «Ямайка победила Аргентину 5:0» — одно и то же предложение, пока не добавлены позиции.",
    shows:
      "Случайный кодировщик-трансформер получает случайные последовательности в разном порядке и оба предложения. Обучения нет: всё показанное следует из формул и верно при любых весах.",
    change:
      "Поставьте without: 0.001 — даже таких слабых позиций хватит, чтобы утверждения перестали выполняться. Или добавьте слоёв: от глубины ничего не зависит.",
    claims: {
      float32: {
        says: "перестановка входов переставляет выходы и больше ничего не меняет (float32)",
        compares: ["наибольшая разность", "допустимо"],
      },
      reference: {
        says: "то же самое с двойной точностью, на устройстве reference",
        compares: ["наибольшая разность", "допустимо"],
      },
      same: {
        says: "без позиций у обоих предложений одно представление",
        compares: ["наибольшая разность", "допустимо"],
      },
      told: { says: "с позициями предложения различаются", compares: ["наибольшая разность", "не меньше"] },
    },
    figures: {
      sentences: {
        title: "Два исхода одного матча",
        caption:
          "Первые двенадцать чисел представления каждого предложения (среднего его выходов). Без позиций строки одинаковы, с позициями — нет: это видно на третьем рисунке, у которого своя шкала.",
        alt: "Три тепловые карты: предложения без позиций, с позициями и их разности; без позиций разность равна нулю.",
      },
      distances: {
        title: "Переставить до или после",
        caption:
          "Наибольшая разность между выходами на переставленном входе и переставленными выходами. Без позиций от неё остаётся только ошибка округления.",
        alt: "Столбики на логарифмической оси: с двойной точностью разность около десяти в минус пятнадцатой, во float32 — в минус седьмой, а с позициями она порядка самих выходов.",
      },
    },
    sentences: ["Аргентина победила Ямайку 5:0", "Ямайка победила Аргентину 5:0"],
    sentence: "предложение",
    number: "номер числа в представлении",
    difference: "разность двух предложений",
    without: "без позиций",
    with: "с позициями",
    distance: "наибольшая разность (логарифмическая ось)",
    exact: "без позиций, двойная точность",
    float32: "без позиций, float32",
    placed: "с позициями, float32",
  },
});
