import * as autograd from "@lectern/autograd";
import * as nn from "@lectern/nn";
import { inLanguages, type Language, type Languages } from "../report/language.ts";
import type { Told } from "./protocol.ts";

/** An error in any task that comes from writing as in Python, or from not knowing tensors yet. */
interface Slip {
  /** What the error says. */
  readonly error: RegExp;
  /** What stands in the line where it was; without it any line will do. */
  readonly source?: RegExp;
  /** Only for errors outside of the student's file: in what uses its results. */
  readonly outside?: boolean;
  /** What to do, with what the groups of `error` caught. */
  readonly says: (caught: readonly string[]) => Languages<string>;
}

const always = (en: string, ru: string) => () => inLanguages({ en, ru });

/** What stands in the place of a name of Python's. */
const PYTHON: Readonly<Record<string, string>> = {
  ...{
    None: "undefined",
    True: "true",
    False: "false",
    self: "this",
    print: "console.log(…)",
    len: "x.length, x.shape[0]",
  },
  ...{ range: "for (let i = 0; i < n; i++) { … }", enumerate: "values.entries()", zip: "a.map((x, i) => f(x, b[i]))" },
  ...{ abs: "Math.abs(…)", min: "Math.min(…)", max: "Math.max(…)", round: "Math.round(…)", int: "Math.trunc(…)" },
  ...{ sum: "values.reduce((a, b) => a + b, 0)", float: "Number(…)", str: "String(…)", sorted: "values.toSorted(…)" },
  ...{
    math: "Math.exp(…), Math.sqrt(…)",
    np: "x.exp(), x.sum(-1)",
    numpy: "x.exp(), x.sum(-1)",
    torch: "x.exp(), x.sum(-1)",
  },
};

const NAMES = Object.keys(PYTHON).join("|");
const NEW_NAME = /^\s*(?:\w+|\[[\w\s,]+\])\s*=[^=>]/;

/** The first that fits is told. */
const SLIPS: readonly Slip[] = [
  {
    error: /^Cannot read properties of undefined|is not a function/,
    outside: true,
    says: always(
      "The function gives something else than what is expected of it: is there a return, and of a tensor?",
      "Функция возвращает не то, что от неё ожидают: есть ли в ней return и возвращает ли он тензор?",
    ),
  },
  {
    error: new RegExp(`^(${NAMES}) is not defined`),
    says: ([name]) =>
      inLanguages({
        en: `${name} is Python's; here it is ${PYTHON[name]}.`,
        ru: `${name} — это Python; здесь пишут ${PYTHON[name]}.`,
      }),
  },
  {
    error: /^(\w+) is not defined/,
    source: NEW_NAME,
    says: ([name]) =>
      inLanguages({
        en: `A new name is declared: const ${name} = …; or let, where its value changes later.`,
        ru: `Новое имя объявляют: const ${name} = …; или let, если значение потом меняется.`,
      }),
  },
  { error: /^(\w+) is not defined/, says: ([name]) => whereItIs(name) },
  {
    error: /^Assignment to constant variable/,
    says: always(
      "A name whose value changes is declared by let, not by const.",
      "Имя, значение которого меняется, объявляют через let, а не через const.",
    ),
  },
  {
    error: /is not iterable/,
    says: always(
      "Only arrays are gone through by for … of and taken apart by [a, b] = …. A tensor is computed with as a whole, by its methods; for numbers it is for (let i = 0; i < n; i++).",
      "Через for … of проходят массив, и на части [a, b] = … делят тоже массив. С тензором считают целиком, его методами, а числа перебирают так: for (let i = 0; i < n; i++).",
    ),
  },
  {
    error: /^Cannot read properties of undefined|got undefined|the size is undefined/,
    source: /shape\[-/,
    says: always(
      "An index does not count from the end: x.shape[-1] is undefined; write x.shape.at(-1).",
      "Индекс не отсчитывается с конца: x.shape[-1] — это undefined. Пишите x.shape.at(-1).",
    ),
  },
  {
    error: /an axis is a number, got undefined/,
    says: always("The axis has to be named; -1 is the last one.", "Ось надо назвать; последняя — это -1."),
  },
  {
    error: /^Cannot read properties of undefined \(reading '(\w+)'\)|got undefined|the size is undefined/,
    says: always(
      "Something in this line is undefined: a field or an index that does not exist, or a function without return. A tensor has no x[i]: x.select(0, i) gives a row, x.slice(axis, start, end) several.",
      "Что-то в этой строке равно undefined: нет такого поля или индекса, или функция ничего не возвращает. Тензор не индексируют как x[i]: строку даёт x.select(0, i), несколько — x.slice(ось, начало, конец).",
    ),
  },
  {
    error: /^(\S*\.)(?:shape|T|rank|length) is not a function/,
    says: always(
      "This is a property, without parentheses: x.shape, x.T, x.length.",
      "Это свойство, оно пишется без скобок: x.shape, x.T, x.length.",
    ),
  },
  {
    error: /^(this\.\w+) is not a function/,
    says: ([name]) =>
      inLanguages({
        en: `A layer is applied by its forward: ${name}.forward(x).`,
        ru: `Слой применяют через его forward: ${name}.forward(x).`,
      }),
  },
  {
    error: /^(\S+)\.(\w+) is not a function/,
    says: ([value, name]) =>
      inLanguages({
        en: `${value} has no method ${name}: is the name spelt so, are there parentheses where ${value} was computed (x.exp() and not x.exp), and is it a tensor rather than a number or an array?`,
        ru: `У ${value} нет метода ${name}. Так ли пишется имя? Есть ли скобки там, где ${value} вычисляется (x.exp(), а не x.exp)? И тензор ли это, а не число или массив?`,
      }),
  },
  {
    error: /a tensor .*is no number/,
    says: always(
      "Operators and Math are for numbers. Tensors have methods: a.add(b), a.sub(b), a.mul(b), a.div(b), x.exp().",
      "Знаки операций и Math — для чисел. У тензоров методы: a.add(b), a.sub(b), a.mul(b), a.div(b), x.exp().",
    ),
  },
  {
    error: /shapes do not broadcast/,
    says: always(
      "Shapes are compared from the last axis on, and sizes have to be equal, or one of them 1. sum, mean, max and var take their axis away; { keepDim: true } leaves it there with size 1.",
      "Формы сравниваются начиная с последней оси: размеры должны совпадать, или один из них равен 1. sum, mean, max и var убирают свою ось; { keepDim: true } оставляет её с размером 1.",
    ),
  },
  {
    error: /inner sizes differ/,
    says: always(
      "matmul takes [n, m] by [m, k]: the last axis of the first and the last but one of the second have to be equal. x.T swaps the last two.",
      "matmul умножает [n, m] на [m, k]: последняя ось первого и предпоследняя второго должны совпадать. x.T меняет местами две последние.",
    ),
  },
  {
    error: /gradient rule has to give a list/,
    says: always(
      "backward returns a list, also of one gradient: return [dx].",
      "backward возвращает список, даже если градиент один: return [dx].",
    ),
  },
  {
    error: /there is no option/,
    says: always(
      "Options stand in braces and in camelCase: { keepDim: true }.",
      "Параметры пишут в фигурных скобках и в camelCase: { keepDim: true }.",
    ),
  },
  {
    error: /^Class constructor (\w+) cannot be invoked/,
    says: ([name]) =>
      inLanguages({ en: `An object is made by new ${name}(…).`, ru: `Объект создают через new ${name}(…).` }),
  },
  {
    error: /^Maximum call stack/,
    says: always(
      "A function calls itself too often, or without end.",
      "Функция вызывает саму себя слишком много раз или без конца.",
    ),
  },
  {
    error: /Identifier '(\w+)' has already been declared/,
    says: ([name]) =>
      inLanguages({
        en: `${name} exists already: take another name, or leave out const where a new value is given to it.`,
        ru: `Имя ${name} уже занято: возьмите другое или, если это новое значение, уберите const.`,
      }),
  },
];

/** Lines that are Python, and what they are here. */
const LINES: readonly { readonly source: RegExp; readonly says: Languages<string> }[] = [
  {
    source: /^\s*def\s+\w+\s*\(/,
    says: {
      en: "A function is written function f(x: Tensor): Tensor { … }.",
      ru: "Функцию пишут так: function f(x: Tensor): Tensor { … }.",
    },
  },
  {
    source: /^\s*(?:if|elif|else|for|while)\b.*:\s*$/,
    says: {
      en: "Conditions stand in parentheses, and blocks in braces: if (a < b) { … } else { … }, for (let i = 0; i < n; i++) { … }.",
      ru: "Условие берут в круглые скобки, а блок в фигурные: if (a < b) { … } else { … }, for (let i = 0; i < n; i++) { … }.",
    },
  },
  { source: /(?:^|\s)#(?:\s|$)/, says: { en: "A comment begins with //.", ru: "Комментарий начинается с //." } },
  {
    source: /[\w)\]]\s*@\s*[\w(]/,
    says: { en: "a @ b is a.matmul(b) here.", ru: "Вместо a @ b здесь пишут a.matmul(b)." },
  },
  {
    source: /^\s*(?:import [\w.]+( as \w+)?\s*$|from [\w.]+ import)/,
    says: {
      en: 'It is import { randn } from "@lectern/autograd"; here, and there is no NumPy: tensors have its functions as methods.',
      ru: 'Здесь пишут import { randn } from "@lectern/autograd";, а NumPy нет: его функции — методы тензоров.',
    },
  },
  {
    source: /\blambda\b/,
    says: { en: "lambda x: f(x) is (x) => f(x) here.", ru: "Вместо lambda x: f(x) здесь пишут (x) => f(x)." },
  },
  {
    source: /\[.+ for .+ in .+\]/,
    says: {
      en: "[f(v) for v in values] is values.map((v) => f(v)) here.",
      ru: "Вместо [f(v) for v in values] здесь пишут values.map((v) => f(v)).",
    },
  },
  {
    source: /\w\[[^\]'"?]*:[^\]]*\]/,
    says: {
      en: "A tensor's x[:, 2:5] is x.slice(1, 2, 5), and an array's a[2:5] is a.slice(2, 5).",
      ru: "Для тензора вместо x[:, 2:5] пишут x.slice(1, 2, 5), для массива вместо a[2:5] — a.slice(2, 5).",
    },
  },
  {
    source: /[\w)\]] (?:and|or) [\w(!]|\bnot [\w(]/,
    says: { en: "and, or, not are &&, ||, ! here.", ru: "Вместо and, or, not здесь &&, ||, !." },
  },
];

/** The slip behind an error, in a sentence; undefined where it fits none. `lines` are the student's file. */
export function slipOf({ message, line }: Told, lines: readonly string[], language: Language): string | undefined {
  const source = line === undefined ? "" : (lines[line - 1] ?? "");
  for (const slip of SLIPS) {
    const caught = slip.error.exec(message);
    if (
      caught === null ||
      (slip.outside && line !== undefined) ||
      (slip.source !== undefined && !slip.source.test(source))
    )
      continue;
    return slip.says(caught.slice(1))[language];
  }
  return undefined;
}

/**
 * Of a file that does not load: how a line that is Python is written here, with its number; the line where the error is, and if
 * that is none the first. Undefined where none is.
 */
export function pythonIn(
  lines: readonly string[],
  language: Language,
  errorAt?: number,
): { line: number; says: string } | undefined {
  const found = withoutComments(lines.join("\n"))
    .split("\n")
    .map((source, i) => ({ line: i + 1, says: LINES.find((line) => line.source.test(source))?.says[language] }))
    .filter((each): each is { line: number; says: string } => each.says !== undefined);
  return found.find(({ line }) => line === errorAt) ?? found[0];
}

/** Comments and texts in quotation marks are left out; lines stay where they are. */
const withoutComments = (text: string): string =>
  text.replace(/\/\*[\s\S]*?\*\/|\/\/.*|"[^"\n]*"|`[^`]*`/g, (part) => "\n".repeat(part.split("\n").length - 1));

/** Where the library has what is not defined. */
function whereItIs(name: string): Languages<string> {
  const library = name in autograd ? "autograd" : name in nn ? "nn" : undefined;
  if (library === undefined && name in autograd.Tensor.prototype) {
    return inLanguages({
      en: `${name} is a tensor's method: x.${name}(…).`,
      ru: `${name} — метод тензора: x.${name}(…).`,
    });
  }
  if (library === undefined) {
    return inLanguages({
      en: `Nothing is called ${name} here: is it spelt so, declared (const ${name} = …) or imported?`,
      ru: `Имени ${name} здесь нет. Так ли оно пишется, объявлено ли оно (const ${name} = …), импортировано ли?`,
    });
  }
  const line = `import { ${name} } from "@lectern/${library}";`;
  return inLanguages({ en: `It has to be imported: ${line}`, ru: `Это имя надо импортировать: ${line}` });
}
