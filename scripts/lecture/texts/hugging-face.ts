import { tellings } from "../../src/lecture/experiment.ts";

export const texts = tellings({
  en: {
    title: "Ready models",
    lecture:
      "Large language models lie ready on the Hugging Face Hub: GPT-2, and ruGPT-3, which speaks Russian. One loads weights and tokenizer, asks the model to write, and trains it further on texts of one's own.",
    shows:
      "The small model that comes with the project lies in the same layout, was trained on Moby-Dick, and is opened in the same way. It writes, is trained further for a minute on the Universal Declaration of Human Rights, writes again, and is saved and opened.",
    change:
      "Where there is a network, set model to “gpt2”, or to “rugpt3-small” with newText “udhr:rus”, which are fetched when they are first used; or train it on a file of your own.",
    claims: {
      saved: {
        says: "saved and opened again, the model is the same to the bit",
        compares: ["largest difference of a logit", "zero"],
      },
      learned: {
        says: "a short training is enough to learn the new text's language: the loss on its end, which was not shown, falls",
        compares: ["loss on the new text after training", "before, less 0.3"],
      },
      forgets: {
        says: "it forgets meanwhile: the loss on the old text rises",
        compares: ["loss on the old text after training", "before, and 0.05 more"],
      },
    },
    figures: {
      model: {
        title: "What is in the folder",
        caption: "What config.json says; the weights in model.safetensors have transformers' names.",
        alt: "A table of the model's sizes.",
      },
      curve: {
        title: "Training further",
        caption: "The loss on the end of the new text over the steps of training, in nats a token.",
        alt: "A falling curve of the loss over steps.",
      },
      losses: {
        title: "Learned and forgotten",
        caption: "The loss on both texts before and after the training on the new one.",
        alt: "Bars: the loss on the new and on the old text, before and after.",
      },
      texts: {
        title: "The same beginning, before and after",
        caption: "At temperature 0.7.",
        alt: "A table of two texts.",
      },
    },
    sizes: {
      layers: "blocks",
      heads: "heads",
      width: "width",
      context: "context",
      vocabulary: "tokens",
      parameters: "parameters",
    },
    what: "what",
    value: "value",
    new: "the new text",
    old: "the old text",
    before: "before",
    after: "after",
    step: "step",
    loss: "loss, nats a token",
    when: "when",
    text: "text",
  },
  ru: {
    title: "Готовые модели",
    lecture:
      "Большие языковые модели лежат готовыми на Hugging Face: GPT-2 и русскоязычная ruGPT-3. Загружают веса и токенизатор, просят модель писать, дообучают её на своих текстах.",
    shows:
      "Маленькая модель из проекта хранится в том же формате, обучена на «Моби Дике» и открывается так же. Она пишет, минуту дообучается на Всеобщей декларации прав человека, снова пишет, сохраняется и открывается опять.",
    change:
      "Если есть сеть, поставьте model равным «gpt2» или «rugpt3-small» (с newText «udhr:rus») — модель скачается при первом обращении. Или дообучите её на своём файле.",
    claims: {
      saved: {
        says: "сохранённая и снова открытая модель — та же до последнего бита",
        compares: ["наибольшая разность логитов", "ноль"],
      },
      learned: {
        says: "короткого дообучения хватает, чтобы освоить язык нового текста: потери на его конце, которого модель не видела, падают",
        compares: ["потери на новом тексте после дообучения", "до него, минус 0,3"],
      },
      forgets: {
        says: "при этом она забывает: потери на старом тексте растут",
        compares: ["потери на старом тексте после дообучения", "до него, плюс 0,05"],
      },
    },
    figures: {
      model: {
        title: "Что лежит в папке",
        caption: "О чём говорит config.json; веса в model.safetensors названы так же, как в transformers.",
        alt: "Таблица размеров модели.",
      },
      curve: {
        title: "Дообучение",
        caption: "Потери на конце нового текста, которого модель не видела, по шагам дообучения, в натах на токен.",
        alt: "Падающая кривая потерь по шагам.",
      },
      losses: {
        title: "Выучено и забыто",
        caption: "Потери на обоих текстах до и после дообучения на новом.",
        alt: "Столбцы: потери на новом и на старом тексте, до и после.",
      },
      texts: {
        title: "Одно и то же начало до и после",
        caption: "При температуре 0,7.",
        alt: "Таблица из двух текстов.",
      },
    },
    sizes: {
      layers: "блоки",
      heads: "головы",
      width: "ширина",
      context: "контекст",
      vocabulary: "токены",
      parameters: "параметры",
    },
    what: "что",
    value: "значение",
    new: "новый текст",
    old: "старый текст",
    before: "до",
    after: "после",
    step: "шаг",
    loss: "потери, наты на токен",
    when: "когда",
    text: "текст",
  },
});
