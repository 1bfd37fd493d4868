import { tellings } from "../../src/lecture/experiment.ts";

export const texts = tellings({
  en: {
    title: "The causal mask",
    lecture:
      "A model that is to write must not see what it has to write. The mask sets the weights of all later positions to zero, so that every position predicts its next token from those before it, all of them in one pass.",
    shows:
      "Two models of characters that differ in nothing but the mask, trained on Moby-Dick. First the gradient of every output with respect to every input, before any training; then the loss on a text that was held back, and what the two write.",
    change: "Set causal to false, and the first model loses its mask too. Try layers: 1.",
    claims: {
      zero: {
        says: "with the mask, the gradient of an output with respect to every later input is zero: not small, but zero",
        compares: ["the longest gradient with respect to a later input", "zero"],
      },
      collapse: {
        says: "without the mask the loss collapses, for the answer stands in the input",
        compares: ["loss without the mask", "half of the loss with it"],
      },
      nothingLearned: {
        says: "where there is no future to look at, as in writing, the model without a mask predicts worse",
        compares: ["loss at the last position without the mask", "with it, and 0.3 more"],
      },
    },
    figures: {
      influence: {
        title: "Which inputs an output depends on",
        caption:
          "The length of the gradient of each output (a row) with respect to each input (a column), of models that have not been trained yet. Above the diagonal lies the future; on it, where an output depends on its own input far more than on others, nothing is drawn.",
        alt: "Two heat maps, outputs by inputs: with the mask everything above the diagonal is zero, without it nothing is.",
      },
      loss: {
        title: "A loss that is too good",
        caption: "The loss on text that was held back, in nats a character, over the steps of training.",
        alt: "Curves of the loss over steps: with the mask it falls slowly to about two, without it to nearly nothing.",
      },
      last: {
        title: "The same models at the last position",
        caption:
          "Behind the last character of a window there is none that could be looked at. That is where a model stands when it writes.",
        alt: "Bars: the loss at all positions and at the last one, with and without the mask.",
      },
      samples: {
        title: "What they write",
        caption: "Both go on from the same words, at temperature 0.7.",
        alt: "A table of two texts, by the model with the mask and by the one without.",
      },
    },
    masked: "with the mask",
    open: "without the mask",
    output: "output",
    input: "input",
    step: "step",
    loss: "loss, nats a character",
    everywhere: "all positions",
    last: "the last position",
    model: "model",
    text: "text",
  },
  ru: {
    title: "Маска будущего",
    lecture:
      "Модель, которая должна писать, не должна видеть того, что ей предстоит написать. Маска обнуляет веса всех последующих позиций, и каждая позиция предсказывает следующий токен по предыдущим — все за один проход.",
    shows:
      "Две модели символов, которые отличаются только маской, обучены на «Моби Дике». Сначала — градиент каждого выхода по каждому входу, ещё до обучения; потом — функция потерь на отложенном тексте и то, что модели пишут.",
    change: "Поставьте causal равным false — маски лишится и первая модель. Попробуйте layers: 1.",
    claims: {
      zero: {
        says: "с маской градиент выхода по любому следующему входу равен нулю: не мал, а именно равен нулю",
        compares: ["наибольший градиент по следующему входу", "ноль"],
      },
      collapse: {
        says: "без маски потери рушатся почти до нуля: ответ стоит прямо во входе",
        compares: ["потери без маски", "половина потерь с маской"],
      },
      nothingLearned: {
        says: "там, где будущего не видно, — а пишет модель именно так — модель без маски предсказывает хуже",
        compares: ["потери на последней позиции без маски", "с маской, плюс 0,3"],
      },
    },
    figures: {
      influence: {
        title: "От каких входов зависит выход",
        caption:
          "Длина градиента каждого выхода (строка) по каждому входу (столбец) у моделей, которые ещё не учились. Выше диагонали — будущее; на ней самой ничего не нарисовано: от своего входа выход зависит намного сильнее, чем от остальных.",
        alt: "Две тепловые карты, выходы и входы: с маской всё выше диагонали равно нулю, без маски — ничего.",
      },
      loss: {
        title: "Подозрительно малые потери",
        caption: "Функция потерь на отложенном тексте, в натах на символ, в ходе обучения.",
        alt: "Кривые потерь по шагам: с маской они медленно падают примерно до двух, без маски — почти до нуля.",
      },
      last: {
        title: "Те же модели на последней позиции",
        caption:
          "За последним символом окна нет ничего, на что можно было бы взглянуть. Именно так стоит модель, когда пишет.",
        alt: "Столбцы: потери на всех позициях и на последней, с маской и без неё.",
      },
      samples: {
        title: "Что они пишут",
        caption: "Обе продолжают одни и те же слова при температуре 0,7.",
        alt: "Таблица из двух текстов: модели с маской и модели без маски.",
      },
    },
    masked: "с маской",
    open: "без маски",
    output: "выход",
    input: "вход",
    step: "шаг",
    loss: "потери, наты на символ",
    everywhere: "все позиции",
    last: "последняя позиция",
    model: "модель",
    text: "текст",
  },
});
