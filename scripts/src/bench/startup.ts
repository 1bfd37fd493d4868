import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { isPublished, moduleFile } from "../installation.ts";
import type { Case } from "./measurement.ts";
import { median } from "./statistics.ts";

const ENTRY = fileURLToPath(new URL(`../../bin/${isPublished ? "installed" : "lectern"}.mjs`, import.meta.url));
const RUNS = 5;

/** How long a program takes that prints a version, and one that imports autograd and multiplies two matrices. */
export async function measureStartup(runs = RUNS): Promise<Case[]> {
  const version = await timeProgram([ENTRY, "--version"], runs, (_, wall) => wall);
  const product = await timeProgram([moduleFile("./firstProduct", import.meta.url)], runs, Number);
  return [
    { name: "lectern --version", ...version },
    { name: "import and first product", ...product },
  ];
}

/** Starts a Node program again and again; once before that, for the file system's cache. */
async function timeProgram(args: string[], runs: number, msOf: (stdout: string, wall: number) => number) {
  const times: number[] = [];
  for (let i = 0; i <= runs; i++) {
    const start = performance.now();
    const stdout = await outputOf(args);
    times.push(msOf(stdout, performance.now() - start));
  }
  times.shift();
  return { ms: median(times), minMs: Math.min(...times) };
}

function outputOf(args: string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit"] });
    let stdout = "";
    child.stdout.setEncoding("utf8").on("data", (part: string) => {
      stdout += part;
    });
    child.on("error", reject);
    child.on("close", (code) => (code === 0 ? resolve(stdout) : reject(new Error(`${args[0]} ended with ${code}`))));
  });
}
