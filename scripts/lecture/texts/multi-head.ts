import { tellings } from "../../src/lecture/experiment.ts";

export const texts = tellings({
  en: {
    title: "Several heads of attention",
    lecture:
      "A word may stand in several relations to others at once. One self-attention has one set of weights for all of them; so several are run side by side, each in its part of the vector, and their outputs are put together.",
    shows:
      "Sentences such as “yesterday Mary gave finally flowers to Susan”, with 16 names and words of time in between. From what the verb has collected, a linear layer has to say who gives and who is given to; it is right only where it is with both. The two models differ in nothing but the number of heads, and have as many parameters: the width is shared out.",
    change:
      "Set heads to 2 or 8, or train longer: one head then gets better too, since it can weigh the two names differently and guess from the mixture which is which.",
    claims: {
      several: {
        says: "after as many steps, and with as many parameters, several heads know both names, and one head does not",
        compares: [
          ["sentences with both names right, several heads", "at least"],
          ["by several heads", "by one head, and 0.1 more"],
        ],
      },
      roles: {
        says: "heads share the work out: one prefers who gives, another who is given to",
        compares: [
          ["attention to the giver less that to the receiver, by the head that prefers the giver", "at least"],
          ["the other way round, by the head that prefers the receiver", "at least"],
        ],
      },
    },
    figures: {
      curve: {
        title: "Both names right",
        caption: "The share of new sentences in which both names are right, over the steps of training.",
        alt: "Curves over steps: with several heads the share of right answers rises to one, with one head it stays behind.",
      },
      looks: {
        title: "What the verb attends to",
        caption: "One row a head: the weights with which the word “gave” collects the others. They sum to one.",
        alt: "Heat maps, heads by words: the attention of the verb in the model with one head and in the one with several.",
      },
    },
    sentence: ["yesterday", "again", "Mary", "gave", "finally", "flowers", "to", "Susan", "."],
    heads: (count: number) => (count === 1 ? "one head" : `${count} heads`),
    head: (number: number) => `head ${number}`,
    step: "step",
    right: "share of sentences with both names right",
    verb: "at the verb",
    word: "looks at",
  },
  ru: {
    title: "Несколько голов внимания",
    lecture:
      "Слово может одновременно состоять с другими в разных отношениях. У одного самовнимания на все отношения один набор весов, поэтому параллельно работают несколько голов внимания, каждая в своей части вектора, а их выходы соединяются.",
    shows:
      "Предложения вроде «вчера Маша подарила наконец цветы для Сони» с 16 именами и обстоятельствами времени на разных местах. По тому, что собрал глагол, линейный слой должен сказать, кто дарит и кому; верным считается ответ, в котором верны оба имени. Модели отличаются только числом голов, параметров у них поровну: ширина делится между головами.",
    change:
      "Поставьте heads равным 2 или 8 или учите дольше: тогда и одна голова научится отвечать лучше — она даёт именам разные веса и по смеси угадывает, где чьё.",
    claims: {
      several: {
        says: "за столько же шагов и с тем же числом параметров несколько голов называют оба имени, а одна — нет",
        compares: [
          ["доля предложений с обоими верными именами, несколько голов", "не меньше"],
          ["у нескольких голов", "у одной, плюс 0,1"],
        ],
      },
      roles: {
        says: "головы делят работу: одна предпочитает того, кто дарит, другая — того, кому дарят",
        compares: [
          ["внимание к дарящему минус внимание к получающему у головы, которая предпочитает дарящего", "не меньше"],
          ["наоборот, у головы, которая предпочитает получающего", "не меньше"],
        ],
      },
    },
    figures: {
      curve: {
        title: "Верны оба имени",
        caption: "Доля новых предложений, в которых верны оба имени, в ходе обучения.",
        alt: "Кривые по шагам: с несколькими головами доля верных ответов доходит до единицы, с одной отстаёт.",
      },
      looks: {
        title: "На что смотрит глагол",
        caption:
          "Строка — голова внимания: веса, с которыми глагол собирает остальные слова. В сумме они дают единицу.",
        alt: "Тепловые карты, головы и слова: внимание глагола в модели с одной головой и в модели с несколькими.",
      },
    },
    sentence: ["вчера", "снова", "Маша", "подарила", "наконец", "цветы", "для", "Сони", "."],
    heads: (count: number) =>
      count === 1
        ? "одна голова"
        : `${count} ${count % 10 > 1 && count % 10 < 5 && (count < 11 || count > 19) ? "головы" : "голов"}`,
    head: (number: number) => `голова ${number}`,
    step: "шаг",
    right: "доля предложений с обоими верными именами",
    verb: "у глагола",
    word: "смотрит на",
  },
});
