import { chmod, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { vi } from "vitest";

/** Stands in for Python until the environment is put back: a shell script in a folder, as LECTERN_PYTHON. */
export async function pretendPython(folder: string, script: string): Promise<void> {
  const python = join(folder, "python");
  await writeFile(python, `#!/bin/sh\n${script}\n`);
  await chmod(python, 0o755);
  vi.stubEnv("LECTERN_PYTHON", python);
}
