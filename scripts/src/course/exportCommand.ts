import { execFileSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join, relative, resolve, sep } from "node:path";
import { UsageError } from "../errors.ts";
import { output } from "../output.ts";
import { COURSE_FILE, loadCourse } from "./courseFile.ts";
import { FOLDER } from "./homework.ts";
import { rootFolder } from "./library.ts";
import { allTasks, COURSEWORK, type FoundTask, fileOf, starterOf } from "./registry.ts";

export interface ExportCommandOptions {
  readonly json: boolean;
  readonly folder: string;
  readonly course?: string;
}

/** What students are not given: solutions, the tests of the coursework (they name mistakes in solutions), and our own workflows. */
const WITHHELD = ["coursework/solutions/", "coursework/hidden/", "scripts/test/course/", ".github/", ".ci/"];

/** `lectern course export`: a repository for students, with starters in homework/ and a workflow that grades on every push. */
export async function courseExport({ json, folder, course }: ExportCommandOptions): Promise<void> {
  const out = output(json);
  const to = resolve(folder);
  if (existsSync(to) && readdirSync(to).some((name) => name !== ".git")) {
    throw new UsageError(`${folder} is not empty: name a folder that is, or that is not there yet`);
  }
  if (`${to}${sep}`.startsWith(rootFolder))
    throw new UsageError(`${folder} lies in Lectern's own folder: name one outside`);
  const { files, tasks, leftOut } = whatIsGiven(await allTasks());
  for (const { id } of leftOut) {
    process.stderr.write(
      `lectern: git does not track all files of ${id}, so it is left out: git add them if students are to have it\n`,
    );
  }
  // A mistake in it is told here, and not to students, whom a task that they have not got would stop.
  await loadCourse(tasks, course);
  for (const file of files) {
    mkdirSync(dirname(join(to, file)), { recursive: true });
    cpSync(join(rootFolder, file), join(to, file));
  }
  if (course !== undefined) cpSync(course, join(to, relative(rootFolder, COURSE_FILE)));
  keepHomework(to);
  writeHomework(to, tasks);
  writeFileSync(at(to, ".github/workflows/coursework.yml"), WORKFLOW);
  out.say(
    `${tasks.length} tasks, ${files.length} files: ${folder}\nMake it a repository: cd ${folder} && git init && git add .`,
  );
  const ids = (all: readonly FoundTask[]) => all.map(({ id }) => id);
  out.event("done", { folder: to, tasks: ids(tasks), files: files.length, leftOut: ids(leftOut) });
}

/**
 * What git tracks here and students are given, and the tasks in it. A task of which git does not track everything may not be
 * finished: nothing of it is given. Errors: this is no clone.
 */
function whatIsGiven(all: readonly FoundTask[]): { files: string[]; tasks: FoundTask[]; leftOut: FoundTask[] } {
  const list = (...args: string[]) => {
    try {
      const text = execFileSync("git", ["ls-files", "-z", ...args], {
        cwd: rootFolder,
        encoding: "utf8",
        maxBuffer: 1e8,
      });
      return text.split("\0").filter((file) => file !== "" && !WITHHELD.some((start) => file.startsWith(start)));
    } catch (cause) {
      throw new Error("export copies what git tracks, and this folder is no clone of Lectern", { cause });
    }
  };
  const isIn = ({ folder }: FoundTask) => {
    const start = `${relative(rootFolder, folder).split(sep).join("/")}/`;
    return (file: string) => file.startsWith(start);
  };
  const untracked = list("--others", "--exclude-standard", relative(rootFolder, COURSEWORK));
  const missing = untracked.filter((file) => /\.(ts|md)$/.test(file));
  const leftOut = all.filter((task) => missing.some(isIn(task)));
  const files = list().filter(
    (file) => existsSync(join(rootFolder, file)) && !leftOut.some((task) => isIn(task)(file)),
  );
  return { files, tasks: all.filter((task) => !leftOut.includes(task)), leftOut };
}

function at(folder: string, file: string): string {
  const path = join(folder, file);
  mkdirSync(dirname(path), { recursive: true });
  return path;
}

/** What students write belongs to their repository. */
function keepHomework(to: string): void {
  const file = join(to, ".gitignore");
  const lines = readFileSync(file, "utf8").split("\n");
  writeFileSync(
    file,
    lines.filter((line) => !/^\/?homework\/?$/.test(line) && !/the coursework\.$/.test(line)).join("\n"),
  );
}

function writeHomework(to: string, tasks: readonly FoundTask[]): void {
  for (const task of tasks) cpSync(starterOf(task), at(to, `${FOLDER}/${fileOf(task)}`));
  writeFileSync(at(to, `${FOLDER}/README.md`), README);
}

const README = `# Coursework

Each file here is a task: write what it says TODO to. A task's text comes with \`npm run lectern -- course show <task>\`.

    npm run lectern -- course list
    npm run lectern -- course check softmax
    npm run lectern -- course run softmax

Every push is checked by GitHub; the points are in the summary of the run, under Actions.

# Практикум

Каждый файл здесь — задача: напишите то, что помечено в нём TODO. Условие показывает \`npm run lectern -- course show <задача>\`
(с \`--lang ru\` по-русски, язык запоминается).

    npm run lectern -- course list --lang ru
    npm run lectern -- course check softmax
    npm run lectern -- course run softmax

После каждого git push решения проверяет GitHub; баллы видны на вкладке Actions, в сводке запуска.
`;

const WORKFLOW = `name: Coursework

on: [push, workflow_dispatch]

permissions:
  contents: read

jobs:
  check:
    runs-on: ubuntu-latest
    timeout-minutes: 60
    steps:
      - uses: actions/checkout@v4
      - uses: actions/setup-node@v4
        with:
          node-version: "24"
      - run: node scripts/setup.mjs
      # Its exit code is 1 where points are missing.
      - shell: bash
        run: |
          echo '\`\`\`' >> "$GITHUB_STEP_SUMMARY"
          code=0
          node scripts/bin/lectern.mjs course check > points.txt || code=$?
          tee -a "$GITHUB_STEP_SUMMARY" < points.txt
          echo '\`\`\`' >> "$GITHUB_STEP_SUMMARY"
          exit $code
`;
