import { tellings } from "../../src/lecture/experiment.ts";

export const texts = tellings({
  en: {
    title: "Layer norm, and batch norm",
    lecture:
      "Layer norm normalises each element of a sequence by itself: its vector gets mean 0 and deviation 1, whatever stands beside it.",
    shows:
      "Random sequences are normalised, and looked at before and after. Then one example's result is compared between batches with other neighbours, and with padding behind the sequences. Last, networks with each norm, and with none, learn digits from batches of several sizes, each the same digits once.",
    change: 'Set norm to "batch" or to "none": the claims fall. Change the list batches.',
    claims: {
      statistics: {
        says: "after layer norm each vector has mean 0 and deviation 1",
        compares: [
          ["largest distance of a mean from 0", "allowed"],
          ["largest distance of a deviation from 1", "allowed"],
        ],
      },
      others: {
        says: "an example's result does not depend on its neighbours in the batch",
        compares: ["largest change, by size of the batch", "zero"],
      },
      padding: {
        says: "nor on padding behind the sequence",
        compares: ["largest change, by places of padding", "zero"],
      },
      small: {
        says: "from the smallest batches a network with layer norm learns better than one with batch norm",
        compares: ["share right with layer norm", "with batch norm"],
      },
    },
    figures: {
      statistics: {
        title: "Each vector of one sequence, before and after",
        caption:
          "Mean and deviation of the numbers of each vector. After the norm every vector has mean 0 and deviation 1 (these two lines run straight); what it says is in the proportions of its numbers.",
        alt: "Four lines over the positions of a sequence: mean and deviation before the norm vary, after it they are 0 and 1.",
      },
      others: {
        title: "What neighbours change",
        caption:
          "How far the result for one example moves when the others of its batch are exchanged. With batch norm, mean and variance are those of the batch, and the smaller the batch, the more they are chance.",
        alt: "Two curves over the size of the batch: with batch norm a change that shrinks with larger batches, with layer norm none at all.",
      },
      padding: {
        title: "What padding changes",
        caption:
          "How far results move when sequences get padding behind them. Batch norm counts the zeros; a longer text beside a sentence would change the sentence.",
        alt: "Two curves over the places of padding: with batch norm a change that grows, with layer norm none.",
      },
      learning: {
        title: "Learning from batches of several sizes",
        caption:
          "Each network sees the same digits once, in batches of this size, and so makes fewer steps the larger they are. With batches of 2, batch norm hardly learns; one example alone has no variance over the batch, and batch norm cannot learn from it at all.",
        alt: "Curves of accuracy over the size of the batch, for no norm, batch norm and layer norm.",
      },
    },
    norms: { none: "no norm", batch: "batch norm", layer: "layer norm" },
    position: "position in the sequence",
    value: "value",
    meanBefore: "mean before",
    deviationBefore: "deviation before",
    meanAfter: "mean after",
    deviationAfter: "deviation after",
    batchSize: "examples in a batch",
    places: "places of padding",
    moved: "largest change",
    accuracy: "share of digits read right",
  },
  ru: {
    title: "Layer norm и batch norm",
    lecture:
      "Слой нормализации (layer norm) нормирует каждый элемент последовательности отдельно: у его вектора становится среднее 0 и стандартное отклонение 1, что бы ни стояло рядом.",
    shows:
      "Нормируем случайные последовательности и смотрим на них до и после. Затем сравниваем результат для одного примера в пакетах с разными соседями и с дополнением (padding) после последовательности. Наконец, сети с каждой из нормализаций и без неё учатся читать цифры по пакетам разного размера: каждая видит одни и те же цифры по одному разу.",
    change: 'Поставьте norm: "batch" или norm: "none" — утверждения перестанут выполняться. Измените список batches.',
    claims: {
      statistics: {
        says: "после layer norm у каждого вектора среднее 0 и отклонение 1",
        compares: [
          ["наибольшее отличие среднего от 0", "допустимо"],
          ["наибольшее отличие стандартного отклонения от 1", "допустимо"],
        ],
      },
      others: {
        says: "результат для примера не зависит от его соседей по пакету",
        compares: ["наибольшее изменение при данном размере пакета", "нуль"],
      },
      padding: {
        says: "не зависит он и от дополнения после последовательности",
        compares: ["наибольшее изменение при данной длине дополнения", "нуль"],
      },
      small: {
        says: "по самым маленьким пакетам сеть с layer norm учится лучше, чем с batch norm",
        compares: ["доля верных ответов с layer norm", "с batch norm"],
      },
    },
    figures: {
      statistics: {
        title: "Векторы одной последовательности до и после",
        caption:
          "Среднее и стандартное отклонение чисел каждого вектора. После нормализации у всех векторов среднее 0 и отклонение 1 (две прямые линии); смысл остаётся в соотношении чисел.",
        alt: "Четыре линии по позициям последовательности: до нормализации среднее и отклонение меняются, после равны 0 и 1.",
      },
      others: {
        title: "Что меняют соседи",
        caption:
          "Насколько сдвигается результат для одного примера, если заменить остальных в его пакете. Batch norm берёт среднее и дисперсию по пакету, и чем меньше пакет, тем они случайнее.",
        alt: "Две кривые по размеру пакета: с batch norm изменение тем меньше, чем больше пакет, с layer norm его нет совсем.",
      },
      padding: {
        title: "Что меняет дополнение",
        caption:
          "Насколько сдвигаются результаты, если дополнить последовательности нулями. Batch norm учитывает эти нули: длинный текст рядом с коротким предложением изменил бы и само предложение.",
        alt: "Две кривые по длине дополнения: с batch norm изменение растёт, с layer norm его нет.",
      },
      learning: {
        title: "Обучение по пакетам разного размера",
        caption:
          "Каждая сеть видит одни и те же цифры по одному разу; чем больше пакет, тем меньше шагов. По два примера batch norm почти не учится, а у единственного примера дисперсии по пакету нет вовсе, и учиться по нему batch norm не может.",
        alt: "Кривые доли верных ответов по размеру пакета: без нормализации, с batch norm и с layer norm.",
      },
    },
    norms: { none: "без нормализации", batch: "batch norm", layer: "layer norm" },
    position: "позиция в последовательности",
    value: "значение",
    meanBefore: "среднее до",
    deviationBefore: "отклонение до",
    meanAfter: "среднее после",
    deviationAfter: "отклонение после",
    batchSize: "примеров в пакете",
    places: "длина дополнения",
    moved: "наибольшее изменение",
    accuracy: "доля верных ответов",
  },
});
