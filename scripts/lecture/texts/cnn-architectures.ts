import { tellings } from "../../src/lecture/experiment.ts";

export const texts = tellings({
  en: {
    title: "Architectures of convolutional networks",
    lecture:
      "LeNet, VGG, ResNet: the same few layers, arranged differently. A transformer, too, can be defined on pixels: patches of a picture are its tokens.",
    shows:
      "Four small networks of about 7,000 parameters learn the same handwritten digits for the same number of steps: one after LeNet, one after VGG, one after ResNet, and a transformer over patches of 4 x 4 pixels. Then stacks of convolutions of growing depth learn, with residual connections and without, and without any norm.",
    change: "Set residual to false, or filter to 1. Multiply steps by ten, and see how far the transformer gets then.",
    claims: {
      convolution: {
        says: "from few digits, each of the convolutional networks learns more than the transformer over patches",
        compares: ["share right, by network", "share right, transformer"],
      },
      residual: {
        says: "the deepest stack learns with residual connections, and does not without",
        compares: ["loss with residual connections", "half of the loss without"],
      },
    },
    figures: {
      networks: {
        title: "Four networks, one training",
        caption:
          "A convolution knows from the start that neighbouring pixels belong together and that a stroke is a stroke anywhere. The transformer has to learn both from the data, and needs far more of them.",
        alt: "Bars: the share of digits read right by the networks after LeNet, VGG and ResNet and by the transformer.",
      },
      parameters: {
        title: "Their parameters",
        caption: "All four are of about one size, so that it is the arrangement that is compared.",
        alt: "Bars: the number of parameters of each network, between six and nine thousand.",
      },
      depth: {
        title: "How deep a network may be",
        caption:
          "The loss at the end of a short training. A plain stack is no longer trained once it is deep: its loss stays at ln 10 = 2.3, that of guessing. With a way around every two convolutions depth does no harm.",
        alt: "Two curves over the number of convolutions: with residual connections the loss stays low, without it rises to 2.3.",
      },
    },
    names: { LeNet: "after LeNet", VGG: "after VGG", ResNet: "after ResNet", transformer: "transformer over patches" },
    accuracy: "share of digits read right",
    parameters: "parameters",
    depth: "convolutions",
    loss: "loss at the end",
    residual: "with residual connections",
    plain: "plain",
  },
  ru: {
    title: "Архитектуры свёрточных сетей",
    lecture:
      "LeNet, VGG, ResNet — одни и те же слои, соединённые по-разному. Трансформер тоже можно определить на пикселях: его токены — кусочки картинки (патчи).",
    shows:
      "Четыре маленькие сети, примерно по 7000 параметров, учатся читать одни и те же рукописные цифры за одно и то же число шагов: в духе LeNet, VGG и ResNet и трансформер на патчах 4 × 4 пикселя. Затем учим стопки свёрток растущей глубины — с остаточными связями и без них, без всякой нормализации.",
    change:
      "Поставьте residual: false или filter: 1. Увеличьте steps в десять раз и посмотрите, докуда дойдёт трансформер.",
    claims: {
      convolution: {
        says: "когда цифр мало, каждая из свёрточных сетей выучивает больше, чем трансформер на патчах",
        compares: ["доля верных ответов сети", "доля верных ответов трансформера"],
      },
      residual: {
        says: "самая глубокая стопка свёрток с остаточными связями учится, а без них — нет",
        compares: ["потери с остаточными связями", "половина потерь без них"],
      },
    },
    figures: {
      networks: {
        title: "Четыре сети, одно обучение",
        caption:
          "Свёртка с самого начала знает, что соседние пиксели связаны и что штрих — везде штрих. Трансформер должен вывести и то и другое из данных, и данных ему нужно гораздо больше.",
        alt: "Столбики: доля верно прочитанных цифр у сетей в духе LeNet, VGG, ResNet и у трансформера.",
      },
      parameters: {
        title: "Сколько в них параметров",
        caption: "Все четыре примерно одного размера, так что сравниваем именно устройство.",
        alt: "Столбики: число параметров каждой сети, от шести до девяти тысяч.",
      },
      depth: {
        title: "Насколько глубокой может быть сеть",
        caption:
          "Потери в конце короткого обучения. Глубокая простая стопка уже не обучается: потери остаются около ln 10 = 2,3, как при угадывании. С обходом вокруг каждых двух свёрток глубина не мешает.",
        alt: "Две кривые по числу свёрток: с остаточными связями потери остаются малыми, без них доходят до 2,3.",
      },
    },
    names: { LeNet: "в духе LeNet", VGG: "в духе VGG", ResNet: "в духе ResNet", transformer: "трансформер на патчах" },
    accuracy: "доля верных ответов",
    parameters: "число параметров",
    depth: "число свёрток",
    loss: "потери в конце",
    residual: "с остаточными связями",
    plain: "без них",
  },
});
