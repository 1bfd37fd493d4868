import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { afterAll, expect, it } from "vitest";
import { root } from "../node.mjs";

const LIBRARIES = ["packages/autograd", "packages/nn", "packages/train", "datasets"];

/** Where a name comes from that a module gives to others. */
interface Origin {
  readonly file: string;
  readonly name: string;
}

const KINDS = "(?:declare )?(?:abstract )?(?:async )?(?:class|function\\*?|const|let|interface|type)";

const read = (file: string): string => readFileSync(file, "utf8");

/** What a module exports: what it declares, and what it passes on. The sources are formatted, so their lines can be told. */
function exportsOf(file: string): Map<string, Origin> {
  const text = read(file);
  const found = new Map<string, Origin>();
  for (const [, list, from] of text.matchAll(/^export (?:type )?\{([^}]*)\} from "(\.[^"]+)";/gms)) {
    for (const item of list.split(",").map((one) => one.trim().replace(/^type /, ""))) {
      const [name, as = name] = item.split(" as ");
      if (name !== "") found.set(as, { file: resolve(dirname(file), from), name });
    }
  }
  for (const [, from] of text.matchAll(/^export \* from "(\.[^"]+)";/gm)) {
    for (const [name, origin] of exportsOf(resolve(dirname(file), from))) found.set(name, origin);
  }
  for (const [, name] of text.matchAll(new RegExp(`^export ${KINDS} (\\w+)`, "gm"))) found.set(name, { file, name });
  return found;
}

/** Whether a docstring stands before a declaration; undefined where there is no declaration of that name. */
function isDocumented({ file, name }: Origin): boolean | undefined {
  const text = read(file);
  const declared = new RegExp(`^(?:export )?${KINDS} ${name}\\b`, "m").exec(text);
  if (declared !== null) return /\*\/\s*$/.test(text.slice(0, declared.index));
  const next = exportsOf(file).get(name);
  return next === undefined || next.file === file ? undefined : isDocumented(next);
}

const entriesOf = (library: string): string[] => {
  const { exports } = JSON.parse(read(join(root, library, "package.json"))) as { exports: Record<string, string> };
  return Object.values(exports)
    .filter((path) => path.startsWith("./src/"))
    .map((path) => join(root, library, path));
};

it.each(LIBRARIES)("everything that %s gives to others says what it is", (library) => {
  const all = entriesOf(library).flatMap((entry) => [...exportsOf(entry)]);
  expect(all.length).toBeGreaterThan(10);
  const silent = all.filter(([, origin]) => isDocumented(origin) !== true);
  expect(silent.map(([name, { file }]) => `${name} (${relative(root, file)})`)).toEqual([]);
});

const folder = (() => {
  mkdirSync(join(root, "runs"), { recursive: true });
  return mkdtempSync(join(root, "runs", "docstrings-"));
})();
afterAll(() => rmSync(folder, { recursive: true }));

const sourcesOf = (library: string): string[] =>
  readdirSync(join(root, library, "src"), { recursive: true, encoding: "utf8" })
    .filter((path) => path.endsWith(".ts") && !path.includes("generated"))
    .map((path) => join(root, library, "src", path));

/** The examples in a file's docstrings, or of a page. */
function examplesIn(file: string): string[] {
  const text = read(file);
  const comments = file.endsWith(".md") ? [text] : (text.match(/\/\*\*[\s\S]*?\*\//g) ?? []);
  const plain = comments.map((comment) => (file.endsWith(".md") ? comment : comment.replace(/^\s*\* ?/gm, "")));
  return plain.flatMap((one) => [...one.matchAll(/```ts\n([\s\S]*?)```/g)].map(([, code]) => code));
}

it("the examples in docstrings and in the packages' READMEs hold for the compiler", () => {
  const files = LIBRARIES.flatMap((library) => [join(root, library, "README.md"), ...sourcesOf(library)]);
  const examples = files.flatMap((file) => examplesIn(file).map((code) => ({ file, code })));
  expect(new Set(examples.map(({ file }) => file)).size).toBeGreaterThan(5);
  for (const [i, { file, code }] of examples.entries()) {
    // An example's names are its own.
    writeFileSync(join(folder, `${i}.ts`), `// ${relative(root, file)}\n${code}\nexport {};\n`);
  }
  const compilerOptions = { noUnusedLocals: false, noUnusedParameters: false };
  const config = { extends: "../../tsconfig.json", compilerOptions, include: ["*.ts", "../../datasets/src/**/*.d.ts"] };
  writeFileSync(join(folder, "tsconfig.json"), JSON.stringify(config));
  const check = () => {
    try {
      execFileSync(process.execPath, [join(root, "node_modules/typescript/bin/tsc"), "-p", folder], {
        encoding: "utf8",
      });
      return "";
    } catch (error) {
      return (error as { stdout: string }).stdout.replace(/^.*?(\d+)\.ts/gm, (_, i) =>
        relative(root, examples[i].file),
      );
    }
  };
  expect(check()).toBe("");
});
