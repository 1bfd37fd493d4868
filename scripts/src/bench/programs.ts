import { spawn } from "node:child_process";

/** How to start a program. */
export interface Program {
  readonly file: string;
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Lets the programs that are running end with this one when it is told to stop: they do when it exits, whatever the reason. */
export function exitWhenStopped(): void {
  process.once("SIGINT", () => process.exit(130));
  process.once("SIGTERM", () => process.exit(143));
}

/** Runs a program to its end. What cannot be started ends with code null. */
export function runProgram({ file, args, env }: Program): Promise<Ended> {
  return new Promise((resolve) => {
    const child = spawn(file, args, { stdio: ["ignore", "pipe", "pipe"], env: { ...process.env, ...env } });
    const stop = () => child.kill();
    process.once("exit", stop);
    const texts = { stdout: "", stderr: "" };
    for (const name of ["stdout", "stderr"] as const) {
      child[name].setEncoding("utf8").on("data", (part: string) => {
        texts[name] += part;
      });
    }
    const end = (code: number | null, stderr: string) => {
      process.off("exit", stop);
      resolve({ code, stdout: texts.stdout, stderr });
    };
    child.on("error", (error) => end(null, error.message));
    child.on("close", (code) => end(code, texts.stderr));
  });
}

/** Runs a program that prints its result as one line of JSON, the last. Errors: it fails, with its last words. */
export async function runForJson<T>(name: string, program: Program): Promise<T> {
  const { code, stdout, stderr } = await runProgram(program);
  const last = stdout.trimEnd().split("\n").at(-1) ?? "";
  if (code === 0 && last.startsWith("{")) return JSON.parse(last) as T;
  throw new Error(`${name} failed: ${reasonIn(stderr) ?? `it ended with code ${code}`}`);
}

/** The line in which a program says why it stopped: the last that begins with an error's name, else the last of all. */
function reasonIn(stderr: string): string | undefined {
  const lines = stderr.split("\n").filter((line) => line.trim() !== "");
  return (lines.findLast((line) => /^\S*Error\b/.test(line)) ?? lines.at(-1))?.trim();
}
