import { inLanguages } from "../report/language.ts";

/** `1 балл, 2 балла, 5 баллов`; a fraction as two are: `1,5 балла`. */
function inRussian(count: number, one: string, few: string, many: string): string {
  const form = new Intl.PluralRules("ru").select(count);
  return form === "one" ? one : form === "few" || form === "other" ? few : many;
}

const inEnglish = (count: number, one: string, many: string): string => (count === 1 ? one : many);

/** What `lectern course` says to a student. */
export const courseWords = inLanguages({
  en: {
    outOf: (points: string, of: string, count: number) => `${points} of ${of} ${inEnglish(count, "point", "points")}`,
    points: (count: number) => inEnglish(count, "point", "points"),
    task: "task",
    state: { done: "done", begun: "begun", open: "" },
    until: (date: string) => `until ${date}`,
    hintsCost: (points: string) => ` (${points} off for hints)`,
    total: "all together",
    begin: "Begin one, or go on with the next:",
    text: "The text",
    next: "Then see what is right:",
    began: (file: string) => `${file} is yours now: write what it says TODO to.`,
    already: (file: string) => `${file} is here already, and stays as it is.`,
    allDone: "Every task is done.",
    nothingBegun: "nothing is begun here",
    noTask: (name: string, near: string | undefined, names: readonly string[]) =>
      near === undefined
        ? `no task is called "${name}"; there are ${names.join(", ")}`
        : `no task is called "${name}"; did you mean ${near}?`,
    otherName: (file: string, right: string) => `${file} has to be called ${right}`,
    notBegun: (task: string, command: string) => `${task} is not begun yet: ${command}`,
    toDo: "To do",
    at: (place: string) => `at ${place}: `,
    wrong: (measured: string, expected: string) => `yours ${measured}, right ${expected}`,
    length: (count: number) => inEnglish(count, `${count} element`, `${count} elements`),
    given: "given",
    line: (file: string, line: number) => `${file}:${line}`,
    broken: "The file does not load",
    error: "Error",
    rules: {
      closed: (name: string) =>
        `${name} of the library is closed here, since it is what this task is about: write it yourself.`,
      inside: (name: string) => `${name} is one of the library's own files: import from "@lectern/…".`,
      outside: (name: string) => `${name} is closed here: import from "@lectern/…" and from your own folder.`,
      missing: (name: string) => `The file does not export ${name}, and the starter does.`,
      commonjs: () => "A solution is a module: it says `export` and `import`, not `module.exports` and `require`.",
      noTensor: (name: string) => `A tensor has to come here, and ${name} came: does the function return it?`,
      notPlain: (name: string) =>
        `The result holds ${name}; numbers, texts, and arrays and records of them are expected.`,
      denied: () => "Files, processes and the network are closed here: the function gets all that it needs.",
      erasable: (name: string) => `Node runs TypeScript by leaving out its types, and cannot run this: ${name}.`,
    },
    endings: {
      time: (seconds: number) => `No answer came within ${seconds} s: an endless loop, or a very slow one.`,
      memory: (megabytes: number) =>
        `It took more than ${megabytes} MB of memory, and was ended: does something grow in a loop?`,
      output: (printed: number) =>
        `It printed more than ${printed} characters, and was ended: take console.log out of the loop.`,
      exit: "The process ended before it answered: does the file call process.exit?",
    },
    same: "The same error.",
    types: "TypeScript says",
    printed: "Your code printed",
    linesBefore: (count: number) => `(${count} lines before these)`,
    again: "The same inputs again:",
    hint: (number: number, of: number) => `Hint ${number} of ${of}`,
    hintOfWhich: (command: string) => `say of which task the hint is to be: ${command}`,
    noHints: (task: string) => `${task} has no hints.`,
    lastHint: "That was the last hint; it can be read again any time.",
    moreHints: (left: number, cost: string | undefined) =>
      `Stuck? ${inEnglish(left, "One more hint", `${left} hints`)}${cost === undefined ? "" : `, ${cost} off for each`}:`,
    damaged: (file: string, why: string) =>
      `${file} is damaged (${why}); repair it, or delete it: your solutions stay, and \`lectern course check\` gives the points back`,
    notFull: (score: string) => `Not all points are there yet (${score}), so nothing is trained:`,
    anyway: "To see what comes of it as it is:",
    nothingToRun: (task: string) => `${task} trains nothing: its tests are all there is to it`,
    inFile: (place: string, message: string) => `${place}: ${message}`,
    yourFile: "What you wrote",
    seconds: "s",
    seed: "seed",
    time: "time",
    quick: "quick: less of everything",
    made: "How this was made",
    report: "Report",
    reportFor: "What is done, what was found, and the code, from a check that was made for this page.",
    tests: "tests",
    hintsUsed: "hints",
    title: "title",
    score: "points",
    notBegunYet: "not begun",
    mistakes: "typical mistakes",
    pageAt: (file: string, seconds: string) => `${file} (${seconds} s)`,
    full: "All points. Now use it for real:",
    fullAlone: "All points. The next task:",
    nothingMissing: "All points, and no task is left: done.",
  },
  ru: {
    outOf: (points: string, of: string, count: number) =>
      `${points} из ${of} ${inRussian(count, "балла", Number.isInteger(count) ? "баллов" : "балла", "баллов")}`,
    points: (count: number) => inRussian(count, "балл", "балла", "баллов"),
    task: "задача",
    state: { done: "решена", begun: "начата", open: "" },
    until: (date: string) => `до ${date}`,
    hintsCost: (points: string) => ` (за подсказки снято ${points})`,
    total: "всего",
    begin: "Начать задачу, или следующую по порядку:",
    text: "Условие",
    next: "Потом проверьте, что получилось:",
    began: (file: string) => `Теперь ${file} ваш: напишите то, что в нём помечено TODO.`,
    already: (file: string) => `${file} уже есть и остаётся как был.`,
    allDone: "Все задачи решены.",
    nothingBegun: "здесь ещё ничего не начато",
    noTask: (name: string, near: string | undefined, names: readonly string[]) =>
      near === undefined
        ? `задачи "${name}" нет; есть ${names.join(", ")}`
        : `задачи "${name}" нет; может быть, ${near}?`,
    otherName: (file: string, right: string) => `файл ${file} должен называться ${right}`,
    notBegun: (task: string, command: string) => `задача ${task} ещё не начата: ${command}`,
    toDo: "Что сделать",
    at: (place: string) => `на месте ${place}: `,
    wrong: (measured: string, expected: string) => `у вас ${measured}, а верно ${expected}`,
    length: (count: number) => `${count} ${inRussian(count, "элемент", "элемента", "элементов")}`,
    given: "дано",
    line: (file: string, line: number) => `${file}:${line}`,
    broken: "Файл не загружается",
    error: "Ошибка",
    rules: {
      closed: (name: string) => `${name} из библиотеки здесь закрыт: в этом и состоит задача, напишите его сами.`,
      inside: (name: string) => `${name} — внутренний файл библиотеки: импортируйте из "@lectern/…".`,
      outside: (name: string) => `${name} здесь закрыт: импортируйте из "@lectern/…" и из своей папки.`,
      missing: (name: string) => `Файл не экспортирует ${name}, а заготовка экспортировала.`,
      commonjs: () => "Решение — модуль: в нём пишут `export` и `import`, а не `module.exports` и `require`.",
      noTensor: (name: string) => `Здесь ожидается тензор, а пришло ${name}: возвращает ли его функция?`,
      notPlain: (name: string) => `В результате есть ${name}, а ожидаются числа, строки, массивы и записи из них.`,
      denied: () => "Файлы, процессы и сеть здесь закрыты: функция и так получает всё, что ей нужно.",
      erasable: (name: string) => `Node выполняет TypeScript, отбрасывая типы, и такого не может: ${name}.`,
    },
    endings: {
      time: (seconds: number) => `За ${seconds} с ответа нет: цикл бесконечный или очень медленный.`,
      memory: (megabytes: number) =>
        `Занято больше ${megabytes} МБ памяти, выполнение прервано: не растёт ли что-то в цикле?`,
      output: (printed: number) =>
        `Напечатано больше ${printed} символов, выполнение прервано: уберите console.log из цикла.`,
      exit: "Процесс закончился раньше, чем ответил: нет ли в файле process.exit?",
    },
    same: "Та же ошибка.",
    types: "TypeScript говорит",
    printed: "Ваш код напечатал",
    linesBefore: (count: number) => `(перед этим ещё строк: ${count})`,
    again: "Те же входные данные ещё раз:",
    hint: (number: number, of: number) => `Подсказка ${number} из ${of}`,
    hintOfWhich: (command: string) => `назовите задачу, к которой нужна подсказка: ${command}`,
    noHints: (task: string) => `Для задачи ${task} подсказок нет.`,
    lastHint: "Это последняя подсказка; её можно перечитать в любой момент.",
    moreHints: (left: number, cost: string | undefined) =>
      `Не получается? Есть ${left} ${inRussian(left, "подсказка", "подсказки", "подсказок")}${cost === undefined ? "" : `, каждая минус ${cost}`}:`,
    damaged: (file: string, why: string) =>
      `файл ${file} испорчен (${why}); исправьте его или удалите: решения останутся, а баллы вернёт \`lectern course check\``,
    notFull: (score: string) => `Набраны ещё не все баллы (${score}), поэтому обучение не запущено:`,
    anyway: "Посмотреть, что выйдет и так:",
    nothingToRun: (task: string) => `в задаче ${task} обучать нечего: она состоит из одних тестов`,
    inFile: (place: string, message: string) => `${place}: ${message}`,
    yourFile: "Что вы написали",
    seconds: "с",
    seed: "зерно случайности",
    time: "время",
    quick: "быстрый запуск: всего поменьше",
    made: "Как это получено",
    report: "Отчёт",
    reportFor: "Что сделано, что нашла проверка, и сам код. Проверка запущена заново для этой страницы.",
    tests: "тесты",
    hintsUsed: "подсказки",
    title: "название",
    score: "баллы",
    notBegunYet: "не начата",
    mistakes: "типичные ошибки",
    pageAt: (file: string, seconds: string) => `${file} (${seconds} с)`,
    full: "Все баллы набраны. Теперь примените решение в деле:",
    fullAlone: "Все баллы набраны. Следующая задача:",
    nothingMissing: "Все баллы набраны, и задач больше нет.",
  },
});

export type CourseWords = (typeof courseWords)["en"];
