import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { experimentNames } from "../src/lecture/registry.ts";

const root = fileURLToPath(new URL("../../", import.meta.url));
const read = (page: string) => readFileSync(join(root, page), "utf8");

/** What a page says to type: its programs and shell lines without their comments, and commands and options in the text. */
function commandsOf(page: string): string[] {
  const text = read(page);
  const blocks = [...text.matchAll(/```(?:ts|sh)\n([\s\S]*?)```/g)].map(([, code]) =>
    code.replace(/\s*(#|\/\/) .*$/gm, ""),
  );
  const inline = [...text.replace(/```[\s\S]*?```/g, "").matchAll(/`([^`\n]+)`/g)].map(([, code]) => code);
  return [...blocks, ...inline].map((code) => code.replaceAll(" --lang ru", "")).sort();
}

const linksOf = (page: string) => [...read(page).matchAll(/\]\(([^)#:]+)(?:#[^)]*)?\)/g)].map(([, link]) => link);

describe.each([
  ["README.md", "README.ru.md"],
  ["docs/lecture.md", "docs/lecture.ru.md"],
  ["coursework/README.md", "coursework/README.ru.md"],
  ["docs/coursework.md", "docs/coursework.ru.md"],
])("%s and %s", (english, russian) => {
  it("say to type the same", () => {
    expect(commandsOf(russian)).toEqual(commandsOf(english));
  });

  it("have as many sections and rows", () => {
    const shape = (page: string) => [read(page).match(/^#+ /gm)?.length, read(page).match(/^\|/gm)?.length];
    expect(shape(russian)).toEqual(shape(english));
  });

  it.each([english, russian])("link what is there: %s", (page) => {
    const missing = linksOf(page).filter((link) => !existsSync(join(root, dirname(page), link)));
    expect(missing).toEqual([]);
  });
});

it("every experiment stands in the map of the lecture", async () => {
  const map = [...read("docs/lecture.md").matchAll(/^\|.*\| `([\w-]+)` +\|/gm)].map(([, name]) => name);
  const names = await experimentNames();
  // In the lecture's order, too.
  expect(names).toEqual(map.filter((name) => names.includes(name)));
});
