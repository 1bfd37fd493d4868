import { execFileSync } from "node:child_process";

const windows = process.platform === "win32";

/** Runs npm in a folder as somebody at a terminal would, and gives what it prints. Errors: it fails; says what it said. */
export function npm(args: readonly string[], cwd: string): string {
  // Where npm runs these tests, it has told them about this repository.
  const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^(npm_|INIT_CWD)/i.test(name)));
  try {
    return execFileSync(windows ? "npm.cmd" : "npm", args, {
      cwd,
      env,
      encoding: "utf8",
      stdio: "pipe",
      shell: windows,
    });
  } catch (error) {
    const { stdout, stderr } = error as { stdout?: string; stderr?: string };
    throw new Error(`npm ${args[0]} failed:\n${stdout}\n${stderr}`, { cause: error });
  }
}
