import { execFileSync } from "node:child_process";
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { bump } from "../bump.mjs";
import { root } from "../node.mjs";

const VERSION_HERE = (JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as { version: string }).version;
const FOLDERS = ["packages/autograd", "packages/nn", "packages/train", "datasets", "scripts"];

let folder = "";
beforeEach(() => {
  folder = mkdtempSync(join(realpathSync(tmpdir()), "lectern bump "));
  for (const file of ["package.json", "pnpm-workspace.yaml", "CHANGELOG.md", ".changeset/config.json"]) {
    cpSync(join(root, file), join(folder, file));
  }
  for (const path of FOLDERS) {
    mkdirSync(join(folder, path), { recursive: true });
    cpSync(join(root, path, "package.json"), join(folder, path, "package.json"));
  }
  // Changesets takes the lockfile for the sign of a workspace.
  writeFileSync(join(folder, "pnpm-lock.yaml"), "");
  const git = (...args: string[]) => execFileSync("git", args, { cwd: folder, stdio: "ignore" });
  git("init", "--initial-branch=main");
  git("add", ".");
  git("-c", "user.name=nobody", "-c", "user.email=nobody@localhost", "commit", "--message=all");
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const read = (path: string) => readFileSync(join(folder, path), "utf8");
const versionOf = (path: string) => (JSON.parse(read(join(path, "package.json"))) as { version: string }).version;
const change = (name: string, text: string) => writeFileSync(join(folder, ".changeset", `${name}.md`), text);

describe("npm run bump", () => {
  it("makes one version of all changes, for every package, and tells them in the changelog", () => {
    change("one", '---\n"@lectern/nn": minor\n"@lectern/train": patch\n---\n\nA layer of one\'s dreams.\nIt sleeps.\n');
    change("two", '---\n"@lectern/scripts": patch\n---\n\nHelp is spelt right.\n');
    const before = read("CHANGELOG.md");
    const [major, minor] = VERSION_HERE.split(".").map(Number);
    const version = bump(folder);
    expect(version).toBe(`${major}.${minor + 1}.0`);
    expect([".", ...FOLDERS].map(versionOf)).toEqual([".", ...FOLDERS].map(() => version));
    expect(readdirSync(join(folder, ".changeset"))).toEqual(["config.json"]);
    const added =
      `## ${version}\n\n### New\n\n- nn, train: A layer of one's dreams.\n  It sleeps.\n\n` +
      "### Mended\n\n- lectern: Help is spelt right.\n\n";
    expect(read("CHANGELOG.md")).toBe(before.replace(/^## /m, () => `${added}## `));
    expect(FOLDERS.filter((path) => existsSync(join(folder, path, "CHANGELOG.md")))).toEqual([]);
  });

  it("says that no change waits, and how one is written down", () => {
    expect(() => bump(folder)).toThrow("no change waits in .changeset: `npm run changeset` writes one down");
  });

  it("says what is wrong with a change", () => {
    change("wrong", '---\n"@lectern/nothing": minor\n---\n\nNothing.\n');
    expect(() => bump(folder)).toThrow(/@lectern\/nothing/);
  });
});

it("every package has the version that is published, which the changelog tells about", () => {
  const versions = FOLDERS.map((path) => JSON.parse(readFileSync(join(root, path, "package.json"), "utf8")).version);
  expect(versions).toEqual(FOLDERS.map(() => VERSION_HERE));
  expect(readFileSync(join(root, "CHANGELOG.md"), "utf8")).toContain(`\n## ${VERSION_HERE}\n`);
});
