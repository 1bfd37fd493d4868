import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, relative, resolve } from "node:path";
import type { Language } from "../report/language.ts";
import { rootFolder } from "./library.ts";

const TSC = join(rootFolder, "node_modules/typescript/bin/tsc");

/** What TypeScript's compiler finds wrong with a line. */
export interface TypeMistake {
  readonly line: number;
  readonly message: string;
}

/** Modules of the library, and the files that they are. */
const LIBRARY = {
  "@lectern/autograd": "packages/autograd/src/index.ts",
  "@lectern/nn": "packages/nn/src/index.ts",
  "@lectern/train": "packages/train/src/index.ts",
  "@lectern/datasets": "datasets/src/index.ts",
};

/**
 * A `tsconfig.json` for files anywhere: the repository's rules but for names that are not used yet, and its library. Editors read it
 * in a student's folder, and the compiler for `check`. Paths are as seen from the folder where it will lie.
 */
export function configFor(folder: string, parts: object): string {
  const from = (path: string) => {
    const there = relative(resolve(folder), join(rootFolder, path)).replaceAll("\\", "/");
    return there.startsWith(".") ? there : `./${there}`;
  };
  const config = {
    extends: from("tsconfig.json"),
    compilerOptions: {
      ...{ noUnusedLocals: false, noUnusedParameters: false },
      paths: Object.fromEntries(Object.entries(LIBRARY).map(([name, file]) => [name, [from(file)]])),
      typeRoots: [from("node_modules/@types")],
    },
    ...parts,
  };
  return `${JSON.stringify(config, null, 2)}\n`;
}

/** Type errors of a file, in a language; none where the compiler is not installed. */
export async function typeMistakes(file: string, language: Language): Promise<TypeMistake[]> {
  if (!existsSync(TSC)) return [];
  const folder = await mkdtemp(join(tmpdir(), "lectern-types-"));
  try {
    const path = resolve(file);
    await writeFile(join(folder, "tsconfig.json"), configFor(folder, { include: [], files: [path] }));
    const text = await outputOf(["-p", folder, "--pretty", "false", "--locale", language]);
    return (
      [...text.matchAll(/^(.+)\((\d+),\d+\): error TS\d+: (.+)$/gm)]
        .filter(([, where]) => resolve(where) === path)
        // In the compiler's Russian a bracket is spoilt: "[Symbol.iterator]5D;()".
        .map(([, , line, message]) => ({ line: Number(line), message: message.replaceAll("]5D;", "]") }))
    );
  } finally {
    await rm(folder, { recursive: true });
  }
}

function outputOf(args: readonly string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [TSC, ...args], { stdio: ["ignore", "pipe", "ignore"], timeout: 60_000 });
    let text = "";
    child.stdout.setEncoding("utf8").on("data", (part: string) => {
      text += part;
    });
    child.on("error", reject).on("close", () => resolve(text));
  });
}
