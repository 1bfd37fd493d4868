import { execFileSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, it } from "vitest";
import { root } from "../node.mjs";

const folder = mkdtempSync(join(realpathSync(tmpdir()), "lectern docs "));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

it("`npm run docs` writes pages of what the libraries give to others, with their docstrings", () => {
  const pages = join(folder, "pages");
  const told = execFileSync(process.execPath, [join(root, "scripts/docs.mjs"), pages], {
    encoding: "utf8",
    stdio: "pipe",
  });
  expect(told.trim()).toBe(join(pages, "index.html"));
  const modules = readFileSync(join(pages, "modules.html"), "utf8");
  for (const name of ["autograd", "nn", "train", "datasets"]) expect(modules).toContain(`@lectern/${name}`);
  const files = readdirSync(join(pages, "modules"));
  expect(files).toContain("_lectern_train._lectern_train_node.html");
  // By the names that they are imported by, and not by those of their files.
  expect(files.filter((name) => name.includes("src"))).toEqual([]);
  const gpt = readFileSync(join(pages, "classes/_lectern_nn.GPT.html"), "utf8");
  expect(gpt).toContain("predicts each next token from those before it");
  expect(gpt).toContain("The longest sequence the model can see");
});
