import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, describe, expect, it } from "vitest";

const root = fileURLToPath(new URL("../../", import.meta.url));
mkdirSync(join(root, "runs"), { recursive: true });
const folder = mkdtempSync(join(root, "runs", "documentation-"));
afterAll(() => rmSync(folder, { recursive: true }));

/** A page's TypeScript, by section: the code blocks one behind the other, each import once. */
function programsOf(page: string): { section: string; code: string }[] {
  const sections = readFileSync(join(root, page), "utf8").split(/^## /m);
  return sections
    .map((text) => ({ section: text.split("\n")[0], blocks: [...text.matchAll(/```ts\n([\s\S]*?)```/g)] }))
    .filter(({ blocks }) => blocks.length > 0)
    .map(({ section, blocks }) => ({ section, code: withImportsJoined(blocks.map((block) => block[1]).join("\n")) }));
}

function withImportsJoined(code: string): string {
  const names = new Map<string, Set<string>>();
  const body = code.replace(/^import (type )?\{([^}]*)\} from "([^"]+)";$/gm, (_, type = "", list, from) => {
    const known = names.get(from) ?? new Set();
    for (const name of list.split(",")) known.add(type + name.trim());
    names.set(from, known);
    return "";
  });
  const imports = [...names].map(([from, list]) => {
    // What one block imports as a type, and another as a value, is a value.
    const wanted = [...list].filter((name) => !list.has(name.replace(/^type /, "")) || !name.startsWith("type "));
    return `import { ${wanted.join(", ")} } from "${from}";`;
  });
  return `${imports.join("\n")}\n${body}`;
}

/** The same program, but short. */
const shortened = (code: string) =>
  code
    .replaceAll("steps: 500", "steps: 3")
    .replace("evaluateEvery: 250", "evaluateEvery: 3")
    .replace("tokens: 200", "tokens: 5");

describe.each(["README.md", "docs/extending.md"])("what %s shows", (page) => {
  it.each(programsOf(page))("runs: $section", ({ section, code }) => {
    const file = join(folder, `${section.replace(/\W+/g, "-")}.mts`);
    writeFileSync(
      file,
      shortened(code).replaceAll('out: "runs/first"', `out: ${JSON.stringify(join(folder, "first"))}`),
    );
    const { status, stderr } = spawnSync(process.execPath, [file], { cwd: root, encoding: "utf8" });
    expect(stderr).not.toMatch(/Error/);
    expect(status).toBe(0);
  });
});
