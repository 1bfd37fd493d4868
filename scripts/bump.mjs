// Makes a version of the changes that wait in .changeset: `npm run bump`. Changesets counts it (semantic versions, one for all
// packages) and writes it into their package.json; the root's package.json, whose version is published, and CHANGELOG.md follow.
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { root } from "./node.mjs";

const json = (file) => JSON.parse(readFileSync(file, "utf8"));
const program = createRequire(import.meta.url).resolve("@changesets/cli/bin.js");

function changeset(folder, ...args) {
  try {
    execFileSync(process.execPath, [program, ...args], { cwd: folder, encoding: "utf8", stdio: "pipe" });
  } catch (error) {
    throw new Error(`changesets: ${error.stderr || error.stdout || error.message}`);
  }
}

/** What Changesets would do: the changes that wait, and the version that they make. */
function planOf(folder) {
  const temporary = mkdtempSync(join(tmpdir(), "lectern-bump-"));
  try {
    const output = join(temporary, "plan.json");
    changeset(folder, "status", `--output=${output}`);
    return json(output);
  } finally {
    rmSync(temporary, { recursive: true });
  }
}

const HEADINGS = { major: "Breaks", minor: "New", patch: "Mended" };
const KINDS = Object.keys(HEADINGS);

/** A version's section of the changelog: changes by the largest thing that they do to a package. */
function section(version, changesets) {
  const largest = ({ releases }) => KINDS.find((kind) => releases.some(({ type }) => type === kind));
  const line = ({ releases, summary }) => {
    const names = releases.map(({ name }) => name.replace("@lectern/", "").replace("scripts", "lectern"));
    return `- ${names.join(", ")}: ${summary.trim().replace(/\n/g, "\n  ")}`;
  };
  const parts = KINDS.map((kind) => ({ kind, changes: changesets.filter((one) => largest(one) === kind) }));
  const texts = parts.filter(({ changes }) => changes.length > 0);
  return [
    `## ${version}`,
    ...texts.map(({ kind, changes }) => `### ${HEADINGS[kind]}\n\n${changes.map(line).join("\n")}`),
  ]
    .map((text) => `${text}\n\n`)
    .join("");
}

/** Makes the version in a repository's folder, and gives it. Errors: no change waits; what Changesets says. */
export function bump(folder) {
  const { changesets, releases } = planOf(folder);
  if (changesets.length === 0) throw new Error("no change waits in .changeset: `npm run changeset` writes one down");
  const { newVersion } = releases[0];
  changeset(folder, "version");
  const manifest = join(folder, "package.json");
  writeFileSync(manifest, readFileSync(manifest, "utf8").replace(/("version": )"[^"]+"/, `$1"${newVersion}"`));
  const changelog = join(folder, "CHANGELOG.md");
  const text = readFileSync(changelog, "utf8");
  const first = text.search(/^## /m);
  writeFileSync(changelog, text.slice(0, first) + section(newVersion, changesets) + text.slice(first));
  return newVersion;
}

if (process.argv[1] !== undefined && resolve(process.argv[1]) === fileURLToPath(import.meta.url)) {
  try {
    console.log(
      `this is version ${bump(root)} now: look through CHANGELOG.md, commit it, and tag the commit with v and the version`,
    );
  } catch (error) {
    console.error(`bump: ${error.message}`);
    process.exitCode = 1;
  }
}
