import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it, vi } from "vitest";
import { allTasks, starterOf } from "../../src/course/registry.ts";
import { describe as describeError, exitCode } from "../../src/errors.ts";
import { run } from "../../src/lectern.ts";
import { eventsOf, lectern, type Outcome } from "../command.ts";
import { findTask, solutionOf } from "./solutions.ts";

const softmax = await findTask("softmax");
const root = mkdtempSync(join(tmpdir(), "lectern course "));
afterAll(() => rmSync(root, { recursive: true }));

/** Runs a command in this process, in a folder: a tenth of a second in the place of one. */
async function courseHere(args: readonly string[], folder: string): Promise<Outcome> {
  const [before, stdout] = [process.cwd(), [] as string[]];
  const write = vi.spyOn(process.stdout, "write").mockImplementation((text) => stdout.push(String(text)) > 0);
  const ended = (code: number, stderr = "") => ({ code, stdout: stdout.join(""), stderr });
  process.chdir(folder);
  try {
    await run(["course", ...args]);
    return ended(Number(process.exitCode ?? 0));
  } catch (error) {
    return ended(exitCode(error), `${describeError(error, false)}\n`);
  } finally {
    write.mockRestore();
    process.chdir(before);
    process.exitCode = undefined;
  }
}

let folders = 0;
/** A student's place: an empty folder, in which commands are called. */
function newStudent() {
  const folder = join(root, `student ${++folders}`);
  mkdirSync(join(folder, "homework"), { recursive: true });
  const at = (name: string) => join(folder, "homework", name);
  return {
    course: (...args: string[]) => courseHere(args, folder),
    /** In a process of its own. */
    program: (...args: string[]) => lectern(["course", ...args], folder),
    writes: (text: string) => writeFileSync(at("softmax.ts"), text),
    writesNamed: (name: string) => writeFileSync(at(name), "// mine"),
    solves: () => copyFileSync(solutionOf(softmax), at("softmax.ts")),
    reads: (name: string) => readFileSync(at(name), "utf8"),
    writesTest: (text: string) => {
      mkdirSync(join(folder, "hidden"));
      writeFileSync(join(folder, "hidden", "softmax.ts"), text);
    },
    writesCourse: (text: string) => writeFileSync(join(folder, "course.yaml"), text),
    writesState: (text: string) => writeFileSync(at("course.json"), text),
  };
}

const HEAD = 'import type { Tensor } from "@lectern/autograd";\n';
const withBody = (body: string) => `${HEAD}export function softmax(x: Tensor): Tensor {\n${body}\n}\n`;

describe("lectern course list", () => {
  it("is one line a task as JSON, in the chapters' order", async () => {
    const { stdout, code } = await newStudent().course("list", "--json");
    const lines = stdout.trimEnd().split("\n");
    expect(lines[0]).toMatch(/^\{"task":"[\w-]+","points":\d+,/);
    expect(lines.map((line) => JSON.parse(line).task)).toEqual((await allTasks()).map(({ id }) => id));
    expect(code).toBe(0);
  });

  it("shows what is begun and what is done", async () => {
    const { course, solves } = newStudent();
    expect((await course("list")).stdout).toMatch(/^ {2}softmax +10 points +Softmax$/m);
    await course("start", "softmax");
    expect((await course("list")).stdout).toMatch(/^ {2}softmax +0 of 10 points +begun +Softmax$/m);
    solves();
    await course("check", "softmax");
    expect((await course("list")).stdout).toMatch(/^ {2}softmax +10 of 10 points +done +Softmax$/m);
  });
});

describe("lectern course start", () => {
  it("copies the starter, and says where the text lies and what comes next", async () => {
    const { course, reads } = newStudent();
    const { stdout, code } = await course("start", "softmax");
    expect(reads("softmax.ts")).toBe(readFileSync(starterOf(softmax), "utf8"));
    expect(JSON.parse(reads("tsconfig.json")).compilerOptions.paths).toHaveProperty("@lectern/autograd");
    expect(stdout).toMatch(/4-softmax.text\.md/);
    expect(stdout).toContain("course check softmax");
    expect(code).toBe(0);
  });

  it("never writes over what a student has written", async () => {
    const { course, writes, reads } = newStudent();
    writes("// mine");
    const { stdout, code } = await course("start", "softmax");
    expect(reads("softmax.ts")).toBe("// mine");
    expect(stdout).toMatch(/softmax\.ts is here already, and stays as it is/);
    expect(code).toBe(0);
  });

  it("without a name begins the first task that is not done", async () => {
    const [first] = await allTasks();
    expect((await newStudent().course("start")).stdout).toContain(`(${first.id})`);
  });

  it("suggests the name that was probably meant", async () => {
    const { code, stderr } = await newStudent().course("start", "sofmax");
    expect(stderr).toBe('lectern: no task is called "sofmax"; did you mean softmax?\n');
    expect(code).toBe(2);
  });
});

describe("lectern course check", () => {
  it("ends with 0 for a solution", async () => {
    const { program, solves } = newStudent();
    solves();
    const { code, stdout } = await program("check", "softmax");
    expect(stdout).toMatch(/^Softmax \(softmax\): 10 of 10 points\n {2}✓ 4\/4 {2}softmax of each row/);
    expect(code).toBe(0);
  });

  it("shows both values where they first differ, the input, and the typical mistake", async () => {
    const { course, writes } = newStudent();
    writes(withBody("  const y = x.exp();\n  console.log('here');\n  return y.div(y.sum(0, { keepDim: true }));"));
    const { code, stdout } = await course("check", "softmax");
    expect(stdout).toMatch(
      /✗ 0\/4 {2}softmax of each row\n +at \[0\]\[0\]: yours 0\.\d+, right 0\.\d+\n +given x = \[\[.+\]\n +→ The sum goes over the wrong axis/,
    );
    expect(stdout).toMatch(/Your code printed:\n +here/);
    expect(code).toBe(1);
  });

  it("draws the same inputs again from a seed, and others without", async () => {
    const { course, writes } = newStudent();
    writes(withBody("  return x.exp();"));
    const failures = async (...args: string[]) => {
      const events = eventsOf(await course("check", "softmax", "--json", ...args));
      return { seed: events.find(({ event }) => event === "task")?.seed, all: events.map(({ failure }) => failure) };
    };
    const [first, other] = [await failures(), await failures()];
    expect(other.all).not.toEqual(first.all);
    expect(await failures("--seed", String(first.seed))).toEqual(first);
  });

  it("says in which line an error was, once", async () => {
    const { course, writes } = newStudent();
    writes(withBody("  return x.reshape(7, 7);"));
    const { stdout } = await course("check", "softmax");
    expect(stdout).toMatch(/Error: reshape.*\n +homework.softmax\.ts:3 {2}return x\.reshape\(7, 7\);/);
  });

  it("has TypeScript say what is wrong with a line, in the student's language, where an error points to types", async () => {
    const { course, writes } = newStudent();
    writes(withBody("  return x.exq();"));
    expect((await course("check", "softmax", "--lang", "ru")).stdout).toMatch(
      /TypeScript говорит:\n +homework.softmax\.ts:3 {2}return x\.exq\(\);\n +.*"exq" не существует/,
    );
    writes(withBody("  const y: string = 1;\n  return x.exp();"));
    const types = async (...args: string[]) =>
      eventsOf(await course("check", "softmax", "--json", ...args)).filter(({ event }) => event === "type");
    expect(await types()).toEqual([]);
    expect(await types("--types")).toMatchObject([{ task: "softmax", line: 3 }]);
  });

  it.each([
    ["what is closed", withBody("  return x.softmax(-1);"), /softmax of the library is closed here/],
    ["a file that does not parse", withBody("  return (;"), /The file does not load: .*\n +homework.softmax\.ts:3/],
    ["a missing export", `${HEAD}export const soft = 1;\n`, /The file does not export softmax/],
    [
      "a forgotten return",
      withBody("  x.exp();").replace(": Tensor {", ": any {"),
      /A tensor has to come here, and undefined came/,
    ],
    ["the end of the process", withBody("  process.exit(0);"), /ended before it answered/],
    [
      "a file that is asked for",
      `import fs from "node:fs";\n${withBody('  fs.writeFileSync("x", ""); return x;')}`,
      /node:fs is closed here/,
    ],
    ["a TypeScript that Node does not run", `enum A { a }\n${withBody("  return x;")}`, /leaving out its types.*enum/],
  ])("tells %s in a sentence", async (_, text, sentence) => {
    const { course, writes } = newStudent();
    writes(text);
    const { stdout, code } = await course("check", "softmax");
    expect(stdout).toMatch(sentence);
    expect(code).toBe(1);
  });

  it("checks all tasks that are begun, and says of none what to do", async () => {
    const { course, solves } = newStudent();
    const none = await course("check");
    expect(none).toMatchObject({
      code: 2,
      stderr: "lectern: nothing is begun here: npm run lectern -- course start\n",
    });
    expect(await course("check", "softmax")).toMatchObject({
      code: 2,
      stderr: expect.stringContaining("course start softmax"),
    });
    solves();
    expect(eventsOf(await course("check", "--json")).at(-1)).toMatchObject({ event: "done", tasks: 1, points: 10 });
  });

  it("says how a file has to be called that is called nearly so", async () => {
    const { course, writesState, writesNamed } = newStudent();
    writesNamed("Soft_max.ts.txt");
    writesState('{"language":"ru","tasks":{}}');
    const { stderr, code } = await course("check", "softmax");
    expect(stderr).toMatch(/файл homework.Soft_max\.ts\.txt должен называться softmax\.ts/);
    expect(code).toBe(2);
  });

  it("says how a line is written here that is written as in Python, in the student's language", async () => {
    const { course, writes } = newStudent();
    writes(withBody("  e = x.exp();\n  return e;"));
    const told = await course("check", "softmax", "--lang", "ru");
    expect(told.stdout).toMatch(/Ошибка: e is not defined[\s\S]*→ Новое имя объявляют: const e = …/);
    // What TypeScript says twice of one line is said once.
    expect(told.stdout).toMatch(/:3 {2}e = x\.exp\(\);\n.*"e"\.\n.*:4 {2}return e;\n.*"e"\.\n/);
    writes("# softmax\nimport numpy as np\n");
    expect((await course("check", "softmax")).stdout).toMatch(
      /softmax\.ts:2 {2}import numpy as np\n {2}→ Здесь пишут import/,
    );
  });

  it("gives one hint after the other, and remembers them", async () => {
    const { course, solves, reads } = newStudent();
    solves();
    const [first, second] = [await course("check", "softmax", "--hint"), await course("check", "softmax", "--hint")];
    expect(first.stdout).toBe(`Hint 1 of 3: ${softmax.task.hints[0].en}\n`);
    expect(second.stdout).toContain(`Hint 2 of 3: ${softmax.task.hints[1].en}`);
    expect(JSON.parse(reads("course.json")).tasks.softmax.hints).toBe(2);
  });
});

describe("a course of a teacher's", () => {
  const COURSE = "hint: 10%\ntasks: { softmax: { points: 20, deadline: 2027-02-21 18:00 } }\n";

  it("says what tasks are worth and until when, and what a hint costs", async () => {
    const { course, solves, writes, writesCourse } = newStudent();
    writesCourse(COURSE);
    const own = ["--course", "course.yaml"];
    expect((await course("list", ...own)).stdout).toMatch(/^ {2}softmax +20 points .*until 21 Feb 2027, 18:00$/m);
    writes(withBody("  return x.exp();"));
    expect((await course("check", ...own)).stdout).toMatch(/✗ 0\/8 [\s\S]*Stuck\? 3 hints, 2 points off for each:/);
    await course("check", "softmax", "--hint", ...own);
    solves();
    const { stdout, code } = await course("check", ...own);
    expect(stdout).toMatch(/^Softmax \(softmax\): 18 of 20 points \(2 off for hints\)\n {2}✓ 8\/8/);
    expect(code).toBe(0);
    expect((await course("list", ...own)).stdout).toMatch(/^ {2}softmax +18 of 20 points +done/m);
  });
});

describe("hidden tests", () => {
  it("are checked with the others when their folder is named, and share the task's points", async () => {
    const { course, solves, writesTest } = newStudent();
    writesTest(`export const tests = [{ exercise: "rows", points: 10, says: { en: "a row of one", ru: "одно число" },
      draw: (random) => ({ x: random.matrix(1, 1) }), expected: () => [[2]] }];`);
    solves();
    const { stdout, code } = await course("check", "softmax", "--tests", "hidden");
    expect(stdout).toMatch(/^Softmax \(softmax\): 5 of 10 points\n[\s\S]*✗ 0\/5 {2}a row of one\n.*yours 1, right 2/);
    expect(code).toBe(1);
    expect((await course("check", "softmax", "--tests", "nowhere")).stderr).toMatch(/nowhere cannot be read/);
  });
});

describe("lectern course run", () => {
  it("trains with the student's file, and writes a page with the figure and the code", async () => {
    const { program, solves, writes, reads } = newStudent();
    writes(withBody("  return x;"));
    const refused = await program("run", "softmax", "--quick");
    expect(refused.stdout).toMatch(/^Not all points are there yet \(0 of 10 points\), so nothing is trained/);
    expect(refused.code).toBe(1);
    solves();
    const { stdout, code } = await program("run", "softmax", "--quick", "--lang", "ru", "--out", "homework/pages");
    expect(stdout).toMatch(/с вашим softmax +[▁-█]+ .* → /);
    expect(stdout).toMatch(
      /С вашим softmax функция потерь после \d+ шагов равна \d,\d+, с библиотечным вариантом \d,\d+/,
    );
    expect(code).toBe(0);
    const page = reads("pages/softmax/report.html");
    expect(page).toContain('<html lang="ru">');
    expect(page).toMatch(/<svg[\s\S]*Что вы написали[\s\S]*powers\.div/);
  });

  it("says in which line of the student's file a training failed, where it is to be tried anyway", async () => {
    const { program, writes } = newStudent();
    writes(withBody("  return x.matmul(x);"));
    const { stderr, code } = await program("run", "softmax", "--quick", "--anyway");
    expect(stderr).toMatch(
      /^lectern: Error: matmul: inner sizes differ.*; homework.softmax\.ts:3 {2}return x\.matmul\(x\);\n$/,
    );
    expect(code).toBe(1);
  });
});

describe("lectern course report", () => {
  it("is one page and one JSON: every task, its points and tests, mistakes, hints, and the code", async () => {
    const { course, writes, reads } = newStudent();
    writes(withBody("  // <mine>\n  return x.exp();"));
    await course("check", "softmax", "--hint");
    const { stdout, code } = await course("report", "--out", "homework/report.html");
    expect(stdout).toMatch(/^softmax: 0 of 10 points\nhomework.report\.html\nhomework.report\.json\n$/);
    expect(code).toBe(0);
    const page = reads("report.html");
    expect(page).toMatch(
      /<td>softmax<\/td><td>Softmax<\/td><td>0 of 10 points<\/td><td>0 \/ 3<\/td><td>1<\/td><td>notNormalised/,
    );
    expect(page).toMatch(/These are the exponentials alone[\s\S]*&lt;mine&gt;/);
    const { tasks } = JSON.parse(reads("report.json"));
    expect(tasks.map(({ task }: { task: string }) => task)).toEqual((await allTasks()).map(({ id }) => id));
    expect(tasks.find(({ task }: { task: string }) => task === "softmax")).toMatchObject({
      ...{ points: 0, of: 10, hints: 1, begun: true, code: reads("softmax.ts") },
      tests: [{ says: "softmax of each row", points: 0, of: 4, mistake: "notNormalised" }, {}, {}],
    });
  });
});

describe("the language", () => {
  it("is remembered from when it was said, and everything is told in it", async () => {
    const { course, writes } = newStudent();
    await course("list", "--lang", "ru");
    writes(withBody("  return x.exp();"));
    const { stdout } = await course("check", "softmax");
    expect(stdout).toMatch(/0 из 10 баллов/);
    expect(stdout).toMatch(/у вас .+, а верно .+\n +дано x = .+\n +→ Это просто экспоненты/);
    expect((await course("show", "softmax")).stdout).toMatch(/Softmax превращает/);
    expect((await course("start", "sofmax")).stderr).toMatch(/может быть, softmax\?/);
    // What is left of English are names, code and commands.
    expect(stdout.replace(/^ *npm run.*$/gm, "")).not.toMatch(/\b(the|points?|yours|right|given|again|hints?)\b/i);
  });
});

describe("what is remembered", () => {
  it.each([
    ["no JSON", "{", /course\.json is damaged \(JSON: .*repair it, or delete it.* \/ .*исправьте его или удалите/],
    ["another thing", '{"language":"fr","tasks":{}}', /course\.json is damaged \(language: /],
    ["points that are none", '{"language":"en","tasks":{"softmax":{"points":"x"}}}', /\(tasks\.softmax\.points: /],
    [
      "more points than there are",
      '{"language":"en","tasks":{"softmax":{"points":99,"of":10,"hints":0}}}',
      /\(tasks\.softmax\.points: more than there are\)/,
    ],
  ])("is looked at when it is read: %s", async (_, text, message) => {
    const { course, writesState, reads } = newStudent();
    writesState(text);
    const { code, stderr } = await course("list");
    expect(stderr).toMatch(message);
    expect(code).toBe(1);
    expect(reads("course.json")).toBe(text);
  });
});
