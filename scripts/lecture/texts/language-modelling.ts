import { tellings } from "../../src/lecture/experiment.ts";

export const texts = tellings({
  en: {
    title: "кот -> cat, 2+2=4: everything is language modelling",
    lecture:
      "A question and its answer are one text. A model that continues texts translates, adds and answers, if such texts are what it has learned from. The original transformer does it with two networks: an encoder reads the question, a decoder writes the answer.",
    shows:
      "All sums of two numbers of up to two digits, a fifth of them never shown, and 378 Russian words with their meaning, a tenth of them never shown. A small GPT learns the answers, and the original transformer learns the sums too. An answer is right if it is right as a whole. Sums are written with the last digit first, as one computes them on paper.",
    change:
      "Set rule to false: every sum gets the answer of another one. Or reversed to false, and the first digit has to be guessed before the others are added.",
    claims: {
      rule: {
        says: "a GPT that has learned sums answers sums that it has never seen",
        compares: [
          ["share of unseen sums answered", "half the share of seen ones"],
          ["share of unseen sums answered", "a tenth"],
        ],
      },
      byHeart: {
        says: "words are learned by heart: those that were seen are known, others are not",
        compares: [
          ["share answered", "at least"],
          ["share answered", "at most"],
        ],
        at: { seen: "words it has seen", unseen: "words it has not seen" },
      },
      original: {
        says: "the original transformer answers unseen sums too",
        compares: [
          ["share of unseen sums answered", "half the share of seen ones"],
          ["share of unseen sums answered", "a tenth"],
        ],
      },
    },
    figures: {
      sums: {
        title: "Sums: a rule is found",
        caption:
          "The share of sums that are answered whole, over training. At some point the rule is found, and new sums are answered as well as known ones.",
        alt: "Curves over steps: the share of right sums, seen and unseen, by a GPT and by the original transformer.",
      },
      words: {
        title: "Words: nothing to be found",
        caption: "No rule leads from a word to its meaning. What was not shown stays unknown, however long one trains.",
        alt: "Curves over steps: the share of seen words rises to one, that of unseen words stays at zero.",
      },
      answers: {
        title: "Questions and answers",
        caption:
          "Answers to sums are written from the last digit to the first. For an unknown word the model invents one that sounds like English.",
        alt: "A table of questions with the right answer, the one that was given, and whether the question was seen in training.",
      },
      looks: {
        title: "What the decoder looks at",
        caption:
          "Cross-attention of the decoder's last layer, mean over its heads, while it writes the answer to 12+34=: each row is what it writes, each column what the encoder has read.",
        alt: "A heat map: the digits of the answer by the characters of the question.",
      },
    },
    seen: "seen",
    unseen: "unseen",
    gpt: "GPT",
    original: "encoder and decoder",
    step: "step",
    right: "share answered whole",
    asked: "question",
    wanted: "right",
    given: "given",
    was: "in training",
    writes: "writes",
    looks: "looks at",
    end: "end",
  },
  ru: {
    title: "кот -> cat, 2+2=4: всё это — языковое моделирование",
    lecture:
      "Вопрос и ответ — это один текст. Модель, продолжающая тексты, переводит, складывает и отвечает, если училась на таких текстах. У исходного трансформера для этого две сети: кодировщик читает вопрос, декодировщик пишет ответ.",
    shows:
      "Все суммы чисел не длиннее двух цифр, пятую часть которых не показывают никогда, и 378 русских слов с переводом, из которых не показывают десятую часть. Маленькая GPT учит ответы; исходный трансформер тоже учит суммы. Ответ верен, только если верен целиком. Суммы записаны с последней цифры, как складывают в столбик.",
    change:
      "Поставьте rule равным false — каждой сумме достанется чужой ответ. Или reversed — false: первую цифру придётся угадывать раньше, чем сложены остальные.",
    claims: {
      rule: {
        says: "GPT, выучившая суммы, отвечает и на те, которых не видела",
        compares: [
          ["доля верных среди новых", "половина доли среди знакомых"],
          ["доля верных среди новых", "десятая часть"],
        ],
      },
      byHeart: {
        says: "слова учатся наизусть: знакомые модель знает, остальные — нет",
        compares: [
          ["доля верных", "не меньше"],
          ["доля верных", "не больше"],
        ],
        at: { seen: "знакомые слова", unseen: "новые слова" },
      },
      original: {
        says: "исходный трансформер тоже отвечает на новые суммы",
        compares: [
          ["доля верных среди новых", "половина доли среди знакомых"],
          ["доля верных среди новых", "десятая часть"],
        ],
      },
    },
    figures: {
      sums: {
        title: "Суммы: правило находится",
        caption:
          "Доля сумм, на которые дан целиком верный ответ, в ходе обучения. В какой-то момент правило найдено, и новые суммы даются не хуже знакомых.",
        alt: "Кривые по шагам: доля верных сумм, знакомых и новых, у GPT и у исходного трансформера.",
      },
      words: {
        title: "Слова: искать нечего",
        caption:
          "Правила, ведущего от слова к переводу, нет. Что не показали, того модель не узнает, сколько её ни учи.",
        alt: "Кривые по шагам: доля верных знакомых слов растёт до единицы, новых — остаётся нулём.",
      },
      answers: {
        title: "Вопросы и ответы",
        caption:
          "Ответы к суммам записаны с последней цифры. Незнакомому слову модель придумывает перевод, похожий на английский.",
        alt: "Таблица вопросов: верный ответ, данный ответ и был ли вопрос в обучении.",
      },
      looks: {
        title: "На что смотрит декодировщик",
        caption:
          "Перекрёстное внимание последнего слоя декодировщика, среднее по головам, пока он пишет ответ на 12+34=: строка — что он пишет, столбец — что прочёл кодировщик.",
        alt: "Тепловая карта: цифры ответа и символы вопроса.",
      },
    },
    seen: "знакомые",
    unseen: "новые",
    gpt: "GPT",
    original: "кодировщик и декодировщик",
    step: "шаг",
    right: "доля целиком верных ответов",
    asked: "вопрос",
    wanted: "верно",
    given: "ответ",
    was: "при обучении",
    writes: "пишет",
    looks: "смотрит на",
    end: "конец",
  },
});
