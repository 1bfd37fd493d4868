import {
  bars,
  type Figure,
  heatMap,
  imageGrid,
  lines,
  markedTexts,
  scatter,
  tableOf,
  tree,
} from "../../src/report/figures.ts";

const text = (title: string) => ({ title, caption: `${title}: a caption.`, alt: `${title}: what it shows.` });
const wave = (phase: number) => Array.from({ length: 60 }, (_, x) => [x * 10, Math.exp(-x / 20) + phase] as const);
const grid = (rows: number, columns: number, at: (y: number, x: number) => number) =>
  Array.from({ length: rows }, (_, y) => Array.from({ length: columns }, (_, x) => at(y, x)));
const words = ["Аргентина", "победила", "Ямайку", "со счётом", "5:0"];

/** A figure of every kind, with long labels, many series, negative numbers, none at all. */
export const gallery: readonly Figure[] = [
  lines({
    ...text("Curves"),
    id: "curves",
    x: { label: "шаг обучения" },
    y: { label: "функция потерь на проверочной выборке, бит на символ" },
    series: ["residuals and normalisation", "no residuals", "no normalisation", "neither", "five", "six"].map(
      (name, i) => ({
        name,
        points: wave(i / 10),
        band: i === 0 ? wave(0).map(([x, y]) => [x, y - 0.1, y + 0.1] as const) : undefined,
      }),
    ),
  }),
  lines({
    ...text("Both logarithmic"),
    id: "log",
    x: { label: "width", log: true },
    y: { label: "variance", log: true },
    series: [
      { name: "without the scale", points: [4, 64, 1024, 16_384, 262_144].map((w) => [w, w] as const) },
      { name: "with it", points: [4, 64, 1024, 16_384, 262_144].map((w) => [w, 1 / w ** 2] as const) },
      { name: "bound", points: [4, 1024].map((w) => [w, 1] as const), dashed: true },
    ],
  }),
  lines({
    ...text("Little"),
    id: "little",
    x: { label: "x" },
    y: { label: "y" },
    series: [
      { name: "one", points: [[3, 5]] },
      { name: "none", points: [] },
      {
        name: "lost",
        points: [
          [1, Number.NaN],
          [2, Number.POSITIVE_INFINITY],
        ],
      },
    ],
  }),
  bars({
    ...text("Bars"),
    id: "bars",
    value: { label: "доля верных ответов" },
    decimals: 3,
    bars: [
      "свёрточная сеть с остаточными связями и нормализацией",
      "без остаточных связей",
      "трансформер на патчах",
    ].flatMap((label, i) => [
      { label, group: "обучение", value: 0.98 - i / 10, low: 0.9 - i / 10, high: 1 - i / 10 },
      { label, group: "проверка", value: 0.95 - i / 5 },
    ]),
  }),
  bars({
    ...text("Bars below zero"),
    id: "negative",
    value: { label: "difference" },
    bars: [
      { label: "a", value: -3 },
      { label: "b", value: 2 },
    ],
  }),
  bars({
    ...text("Logarithmic bars"),
    id: "logbars",
    value: { label: "gradient", log: true },
    bars: [
      { label: "a", value: 1e-9 },
      { label: "b", value: 2 },
    ],
  }),
  heatMap({
    ...text("Weights"),
    id: "weights",
    rows: words,
    columns: words,
    rowLabel: "выход",
    columnLabel: "вход",
    panels: [{ values: grid(5, 5, (y, x) => 1 / (1 + Math.abs(x - y))) }],
  }),
  heatMap({
    ...text("Heads"),
    id: "heads",
    rows: words,
    columns: words,
    rowLabel: "from",
    columnLabel: "to",
    oneScale: true,
    panels: Array.from({ length: 8 }, (_, head) => ({
      title: `layer 1, head ${head + 1}`,
      values: grid(5, 5, (y, x) => Math.cos(head * x + y)),
    })),
  }),
  heatMap({
    ...text("Large"),
    id: "large",
    rows: Array.from({ length: 40 }, (_, i) => `${i}`),
    columns: Array.from({ length: 40 }, (_, i) => `${i}`),
    rowLabel: "position",
    columnLabel: "position",
    panels: [{ values: grid(40, 40, (y, x) => Math.cos((x - y) / 5)) }],
  }),
  scatter({
    ...text("Films"),
    id: "films",
    x: { label: "first trait" },
    y: { label: "second trait" },
    dots: ["Solaris", "Stalker", "Home Alone", "Shrek", "Brother", "Psycho"].map((label, i) => ({
      ...{ label, group: i % 2 === 0 ? "films" : "viewers", x: Math.cos(i), y: Math.sin(i * 2) },
    })),
  }),
  imageGrid({
    ...text("Images"),
    id: "images",
    images: Array.from({ length: 10 }, (_, i) => ({
      label: `digit ${i}`,
      pixels: grid(14, 14, (y, x) => (i < 5 ? Number(Math.hypot(x - 7, y - 7) < i + 2) : x - 7)),
    })),
  }),
  tree({
    ...text("Beams"),
    id: "beams",
    nodes: [
      { id: "0", label: "The", strong: true },
      { id: "1", parent: "0", label: "whale", note: "−0.52", strong: true },
      { id: "2", parent: "0", label: "sea", note: "−1.10" },
      { id: "3", parent: "1", label: "swims", note: "−1.23", strong: true },
      { id: "4", parent: "1", label: "is", note: "−1.40" },
      { id: "5", parent: "2", label: "rises", note: "−2.00" },
      { id: "6", parent: "3", label: "away", note: "−2.10", strong: true },
    ],
  }),
  tableOf({
    ...text("Table"),
    id: "table",
    columns: ["model", "parameters", "sample"],
    rows: [["GPT", 123_456, "Call me <b>Ishmael</b>\nand so on"]],
  }),
  markedTexts({
    ...text("Marked"),
    id: "marked",
    lines: [
      {
        label: "5:",
        tokens: [
          { text: "a ", weight: 0 },
          { text: "wonderful ", weight: 0.9 },
          { text: "film", weight: 0.3 },
        ],
      },
    ],
  }),
];
