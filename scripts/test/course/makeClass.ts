// Makes up a class of twenty students, three of them hostile: `node scripts/test/course/makeClass.ts <folder>`.
import { copyFileSync, mkdirSync, readFileSync, symlinkSync, truncateSync, utimesSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { allTasks, type FoundTask, fileOf, starterOf } from "../../src/course/registry.ts";
import { mutantsOf, mutated, solutionOf } from "./solutions.ts";
import { COPIED, ORIGINAL, OTHERS } from "./variants.ts";

/** The tasks that they have done, more or less. */
export const TASKS = ["softmax", "derivative", "causal-mask", "top-p"];
export const DEADLINE = "2026-10-01T12:00Z";

const HONEST = [
  ...["Алексеева Мария", "Борисов Пётр", "Васильев Иван", "Григорьева Анна", "Дмитриев Олег", "Егорова Софья"],
  ...["Жуков Никита", "Зайцева Дарья", "Ильин Максим", "Королёва Вера", "Лебедев Артём", "Морозова Ольга"],
  ...["Новиков Глеб", "Орлова Ксения", "Павлов Денис", "Романова Юлия", "Соколов Тимур"],
];
export const HOSTILE = { ends: "Хитров Лев", links: "=HYPERLINK(0)", takes: "Шумов Роман" };

const BODY = {
  softmax: 'import type { Tensor } from "@lectern/autograd";\nexport function softmax(x: Tensor): Tensor {',
  top: "export function nucleus() {",
};

/** Writes each student's folder into one; the first is the best, the last have begun. */
export async function makeClass(folder: string): Promise<string[]> {
  const tasks = await allTasks();
  const find = (id: string) => tasks.find((task) => task.id === id)!;
  const write = (student: string, task: FoundTask, text: string) => {
    mkdirSync(join(folder, student), { recursive: true });
    const file = join(folder, student, fileOf(task));
    writeFileSync(file, text);
    const time = new Date(Date.parse(DEADLINE) + (student === HONEST[3] ? 30 : -1) * 3_600_000);
    utimesSync(file, time, time);
  };
  for (const [i, student] of HONEST.entries()) {
    for (const [j, id] of TASKS.entries()) {
      const found = find(id);
      const solution = readFileSync(solutionOf(found), "utf8");
      const mistakes = Object.values(await mutantsOf(found));
      if (id === "top-p") continue;
      if (i + j < 10) write(student, found, solution);
      else if (i + j < 16) write(student, found, mutated(found, mistakes[i % mistakes.length]));
      else if (i + j < 18) write(student, found, readFileSync(starterOf(found), "utf8"));
    }
  }
  copies(write, find("top-p"));
  hostile(folder, write, find);
  return [...HONEST, ...Object.values(HOSTILE)];
}

/** Two have one solution between them; others' are their own. */
function copies(write: (student: string, task: FoundTask, text: string) => void, topP: FoundTask): void {
  const type = "export interface NucleusOptions { p: number; temperature: number }\n";
  // Nobody else has got so far.
  for (const [i, text] of [ORIGINAL, COPIED, ...OTHERS].entries()) write(HONEST[i], topP, type + text);
}

function hostile(
  folder: string,
  write: (student: string, task: FoundTask, text: string) => void,
  find: (id: string) => FoundTask,
): void {
  const { ends, links, takes } = HOSTILE;
  write(ends, find("softmax"), `Array.prototype.map = () => process.exit(0);\n${BODY.softmax} for (;;); }`);
  write(ends, find("causal-mask"), 'import fs from "node:fs";\nfs.rmSync("..", { recursive: true });');
  write(
    ends,
    find("top-p"),
    `${BODY.top} return process.kill(process.ppid, "SIGKILL"); }\nexport const draw = nucleus;`,
  );
  const answers = "for (let id = 0; id < 99; id++) answer({ id, kind: 'output', output: 1, points: 100 });";
  const pipe = "const answer = (of) => new process.stdout.constructor({ fd: 3 }).write(JSON.stringify(of) + '\\n');";
  write(takes, find("derivative"), `${pipe}\n${answers}\nexport const derivative = () => 0;`);
  write(
    takes,
    find("softmax"),
    `${BODY.softmax} const all = []; for (;;) all.push(new Uint8Array(1 << 24).fill(1)); }`,
  );
  write(takes, find("causal-mask"), "for (;;) console.log('x'.repeat(1000));");
  write(takes, find("top-p"), "");
  truncateSync(join(folder, takes, "top-p.ts"), 100_000_000);
  mkdirSync(join(folder, links));
  symlinkSync(join("..", HONEST[0], "softmax.ts"), join(folder, links, "softmax.ts"));
  symlinkSync("/dev/zero", join(folder, links, "derivative.ts"));
  copyFileSync(join(folder, HONEST[0], "causal-mask.ts"), join(folder, links, "helper.js"));
  write(links, find("top-p"), `export { nucleus, draw } from "../${HONEST[1]}/top-p.ts";`);
  writeFileSync(
    join(folder, links, "course.json"),
    '{ "language": "en", "tasks": { "softmax": { "points": 1e9, "hints": -9 } } }',
  );
}

if (import.meta.filename === process.argv[1]) await makeClass(resolve(process.argv[2]));
