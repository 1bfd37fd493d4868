import { noGrad, tensor } from "@lectern/autograd";

// What a hostile student's file tries. Every function tells what it got; what is thrown is told by the process that calls it.

const fromEverywhere = async (specifier: string): Promise<string> => {
  await import(specifier);
  return "got it";
};

export const files = () => fromEverywhere("node:fs");
export const filesByShortName = () => fromEverywhere("fs");
export const programs = () => fromEverywhere("node:child_process");
export const workers = () => fromEverywhere("node:worker_threads");
export const network = () => fromEverywhere("node:net");
export const databases = () => fromEverywhere("node:sqlite");
export const flags = () => fromEverywhere("node:v8");
export const priorities = () => fromEverywhere("node:os");
export const debuggers = () => fromEverywhere("node:inspector");
export const hooks = () => fromEverywhere("node:module");
export const sockets = () => fromEverywhere("node:async_hooks");
export const viaData = () => fromEverywhere("data:text/javascript,import 'node:fs'");
export const evaluated = () => new Function("return import('node:fs')")();
export const anotherFile = () => fromEverywhere("../secret.ts");
export const absolute = () => fromEverywhere("file:///etc/passwd");
export const theGrader = () => fromEverywhere(new URL("scripts/src/course/check.ts", libraryRoot()).href);
export const expectations = () =>
  fromEverywhere(new URL("coursework/1-autograd/4-softmax/task.ts", libraryRoot()).href);
export const solutions = () => fromEverywhere(new URL("coursework/solutions/softmax/solution.ts", libraryRoot()).href);
export const insideTheLibrary = () => fromEverywhere(new URL("packages/autograd/src/tensor.ts", libraryRoot()).href);
export const byItsOwnScheme = () => fromEverywhere(`lectern-course:${libraryRoot()}scripts/src/course/check.ts`);
export const viaCommonJs = () => fromEverywhere("./required.js");
export const linked = () => fromEverywhere("./linked.ts");

const libraryRoot = (): string =>
  import.meta
    .resolve("@lectern/autograd")
    .replace("lectern-course:", "")
    .replace(/packages.*/, "");

export const builtin = () => {
  const { getBuiltinModule } = process as unknown as { getBuiltinModule(name: string): object | undefined };
  const reached = ["fs", "node:fs", "node:v8"].map(getBuiltinModule);
  return [...reached, Object.keys(getBuiltinModule("node:async_hooks") ?? {}).join()];
};
export const scoped = () => noGrad(async () => (await tensor([1, 2]).sum().array()) as number);
export const binding = () => (process as unknown as Record<string, (name: string) => unknown>).binding("fs");
export const signals = () => process.kill(process.ppid, "SIGKILL");
export const reports = () => JSON.stringify(process.report.getReport());
export const natives = () => process.dlopen({ exports: {} }, "/lib/libc.so");
export const environment = () => Object.keys(process.env).sort();
export const channel = () => [typeof process.send, typeof process.channel];
export const fetched = async () => (await fetch("http://127.0.0.1:9/")).status;

/** Replaced methods fool what looks at names with them. */
export const replaced = async () => {
  const { startsWith } = String.prototype;
  const { stringify } = JSON;
  String.prototype.startsWith = () => true;
  JSON.stringify = () => '"node:fs"';
  try {
    return await fromEverywhere("node:fs").catch(() => "refused");
  } finally {
    String.prototype.startsWith = startsWith;
    JSON.stringify = stringify;
  }
};

/** What an object lacks, it takes from where every object does. */
export const polluted = async () => {
  const inherited = Object.prototype as { parentURL?: string };
  inherited.parentURL = `${libraryRoot()}scripts/src/course/check.ts`;
  try {
    const ways = [
      () => fromEverywhere("node:fs"),
      () => new Function("return import('node:fs')")() as Promise<unknown>,
    ];
    return await Promise.all(ways.map((way) => way().catch(() => "refused")));
  } finally {
    delete inherited.parentURL;
  }
};

export const proxied = () => new Proxy([1, 2], {});
export const functions = () => [() => 1];
export const cyclic = () => {
  const all: unknown[] = [];
  all.push(all);
  return all;
};
export const huge = () => new Array(10_000_000).fill(1);
export const forged = () => JSON.parse('{ "__proto__": { "isAdmin": true }, "length": 3 }');
export const rejectsLater = () => {
  setTimeout(() => Promise.reject(new Error("later")), 0);
  return "answered";
};
export const waitsABit = () => new Promise((resolve) => setTimeout(() => resolve("still here"), 50));
export const colours = () => {
  console.log("\u001b[2J\u001b[31mred\u202e");
  throw new Error("\u001b]0;title\u0007 red");
};

// What ends a process, or would take all there is.

export const loops = () => {
  for (;;);
};
export const neverAnswers = () => new Promise(() => {});
export const waitsForEver = async () => {
  for (;;) await null;
};
export const exits = () => process.exit(0);
export const throwsNothing = () => Promise.reject(undefined);
export const prints = () => {
  for (;;) console.log("x".repeat(1000));
};
export const fillsHeap = () => {
  const all: number[][] = [];
  for (;;) all.push(new Array(100_000).fill(all.length));
};
export const fillsArrays = async () => {
  const all: Uint8Array[] = [];
  for (;;) {
    all.push(new Uint8Array(8 << 20).fill(1));
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
};
export const fillsWasm = async () => {
  const all: WebAssembly.Memory[] = [];
  for (;;) {
    const memory = new WebAssembly.Memory({ initial: 256 });
    new Uint8Array(memory.buffer).fill(1);
    all.push(memory);
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
};
/** Standard output's class opens the pipe of the answers as well. */
let pipe: NodeJS.WriteStream | undefined;
const toTheJudge = () => {
  pipe ??= new (process.stdout.constructor as new (of: object) => NodeJS.WriteStream)({ fd: 3 });
  return pipe;
};
export const writesGarbage = async () => {
  const lines = [
    "{",
    "[[[[",
    "null",
    '{"id":1e999}',
    `{"id":2,"kind":"output","output":${"[".repeat(100_000)}`,
    "\u0000",
  ];
  await new Promise((resolve) => toTheJudge().write(`${lines.join("\n")}\n`, resolve));
  return "answered";
};
export const floods = () => {
  const more = () => toTheJudge().write(`${"x".repeat(1 << 16)}\n`, more);
  more();
  return new Promise(() => {});
};
export const answersForOthers = async () => {
  const answers = Array.from({ length: 50 }, (_, id) => JSON.stringify({ id, kind: "output", output: 7 }));
  await new Promise((resolve) => toTheJudge().write(`${answers.join("\n")}\n`, resolve));
  return 8;
};
