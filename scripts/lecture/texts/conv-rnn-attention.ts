import { tellings } from "../../src/lecture/experiment.ts";

export const texts = tellings({
  en: {
    title: "Recurrence, convolution, attention",
    lecture:
      "A recurrent network has to read one step after the other. A convolutional network reads all at once, but each output sees a small field. Attention does both: all at once, and everything.",
    shows:
      "A sequence of noise holds one sign, and at its end a network has to say which it was. An LSTM, a stack of dilated causal convolutions and a transformer block of about equal size learn this from signs at several distances. Before that, gradients show what can reach the end from where; afterwards each is timed.",
    change:
      "Add 8 and 16 to dilations, and the convolutions see farther. Set window to 4, and attention sees as little as they. Make time longer.",
    claims: {
      attention: {
        says: "the transformer recalls a sign at every distance",
        compares: ["share recalled, by distance", "claimed"],
      },
      within: {
        says: "the convolutional network recalls a sign within its field",
        compares: ["share recalled, by distance", "claimed"],
      },
      beyond: {
        says: "and none beyond it: there it guesses one of four",
        compares: ["share recalled, by distance", "hardly more than guessing"],
      },
      gradient: {
        says: "no gradient reaches beyond the field of the convolutions",
        compares: ["longest gradient beyond the field", "zero"],
      },
      recurrent: {
        says: "in a fresh LSTM less of a gradient is left at the far end than in a fresh transformer",
        compares: ["far gradient by near gradient, LSTM", "the same, transformer"],
      },
    },
    figures: {
      recall: {
        title: "What is recalled, and from how far",
        caption:
          "The convolutional network is right within its field and guesses beyond it. The transformer finds the sign wherever it stands. The LSTM has to carry it through every step in between; its curve shows from how far it has learned to.",
        alt: "Curves of the share of signs recalled over their distance: the convolutional network's falls to chance beyond its field.",
      },
      field: {
        title: "What can reach the end: receptive fields",
        caption:
          "How long the gradient of the last output is at each position, before anything was learned, on a logarithmic axis. The convolutions' ends where their field ends; the LSTM's shrinks with every step; attention's does not depend on distance.",
        alt: "Curves of the gradient's length over distance: that of the convolutions stops, the LSTM's falls in a straight line, the transformer's is level.",
      },
      time: {
        title: "Time of one training step",
        caption:
          "Forward and backward on this machine, on logarithmic axes. The LSTM's steps cannot be taken side by side. Attention compares every position with every other, which costs the more the longer the text is.",
        alt: "Curves of milliseconds over the length of the sequence for the three networks.",
      },
      sizes: {
        title: "The three networks",
        caption: "About equal in parameters. How far a network can see at all is given for those that have a bound.",
        alt: "A table: parameters and reach of the three networks.",
      },
    },
    names: { lstm: "LSTM", cnn: "dilated convolutions", transformer: "transformer" },
    chance: "guessing",
    distance: "distance from the end",
    share: "share recalled",
    gradient: "length of the gradient",
    length: "length of the sequence",
    milliseconds: "milliseconds",
    network: "network",
    parameters: "parameters",
    reach: "sees back, at most",
    unbounded: "any distance",
  },
  ru: {
    title: "Рекуррентность, свёртка, внимание",
    lecture:
      "Рекуррентная сеть вынуждена читать по шагам, один за другим. Свёрточная читает всё сразу, но рецептивное поле (поле восприятия) каждого выхода невелико. Внимание умеет и то и другое: всё сразу и целиком.",
    shows:
      "В последовательности шума спрятан один знак, и в её конце сеть должна сказать, какой. LSTM, стопка причинных свёрток с разрежением (dilation) и блок трансформера примерно равного размера учатся этому на знаках, стоящих на разных расстояниях. До обучения смотрим по градиентам, что и откуда может дойти до конца; после — засекаем время.",
    change:
      "Добавьте в dilations 8 и 16 — свёртки увидят дальше. Поставьте window: 4 — и внимание будет видеть так же мало. Увеличьте time.",
    claims: {
      attention: {
        says: "трансформер вспоминает знак с любого расстояния",
        compares: ["доля верных ответов на данном расстоянии", "заявлено"],
      },
      within: {
        says: "свёрточная сеть вспоминает знак в пределах своего поля восприятия",
        compares: ["доля верных ответов на данном расстоянии", "заявлено"],
      },
      beyond: {
        says: "а за его пределами лишь угадывает один из четырёх",
        compares: ["доля верных ответов на данном расстоянии", "немногим больше угадывания"],
      },
      gradient: {
        says: "за поле восприятия свёрток градиент не доходит",
        compares: ["наибольшая длина градиента за пределами поля", "нуль"],
      },
      recurrent: {
        says: "у необученной LSTM на дальнем конце остаётся меньшая доля градиента, чем у необученного трансформера",
        compares: ["дальний градиент к ближнему, LSTM", "то же, трансформер"],
      },
    },
    figures: {
      recall: {
        title: "Что удаётся вспомнить и с какого расстояния",
        caption:
          "Свёрточная сеть отвечает верно в пределах своего поля восприятия, а дальше угадывает. Трансформер находит знак, где бы тот ни стоял. LSTM должна пронести его через все шаги; с какого расстояния она этому научилась, видно по её кривой.",
        alt: "Кривые доли верных ответов по расстоянию: у свёрточной сети за пределами поля восприятия она падает до угадывания.",
      },
      field: {
        title: "Что может дойти до конца: поле восприятия",
        caption:
          "Длина градиента последнего выхода в каждой позиции до обучения; шкала логарифмическая. У свёрток она обрывается вместе с полем восприятия, у LSTM убывает с каждым шагом, у внимания от расстояния не зависит.",
        alt: "Кривые длины градиента по расстоянию: у свёрток обрывается, у LSTM падает по прямой, у трансформера ровная.",
      },
      time: {
        title: "Время одного шага обучения",
        caption:
          "Прямой и обратный проход на этой машине, обе шкалы логарифмические. Шаги LSTM нельзя сделать одновременно. Внимание сравнивает каждую позицию с каждой, и это тем дороже, чем длиннее текст.",
        alt: "Кривые времени в миллисекундах по длине последовательности для трёх сетей.",
      },
      sizes: {
        title: "Три сети",
        caption:
          "Число параметров примерно одинаково. Для сетей, у которых есть предел, указано, как далеко они видят.",
        alt: "Таблица: число параметров и дальность трёх сетей.",
      },
    },
    names: { lstm: "LSTM", cnn: "свёртки с разрежением", transformer: "трансформер" },
    chance: "угадывание",
    distance: "расстояние от конца",
    share: "доля верных ответов",
    gradient: "длина градиента",
    length: "длина последовательности",
    milliseconds: "миллисекунды",
    network: "сеть",
    parameters: "параметров",
    reach: "видит назад не дальше",
    unbounded: "любое расстояние",
  },
});
