import { execFileSync, spawnSync } from "node:child_process";
import { cpSync, mkdtempSync, readFileSync, realpathSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import {
  complaint,
  isAtLeast,
  manifest,
  nodePackages,
  oldestForSetup,
  pinnedNode,
  pinnedVersion,
  root,
} from "../node.mjs";

describe("the Node that npm brings", () => {
  it("is one version for every kind of machine, given exactly", () => {
    const versions = new Set(nodePackages.map((name) => manifest.optionalDependencies[name]));
    expect([...versions]).toEqual([pinnedVersion]);
    expect(pinnedVersion).toMatch(/^\d+\.\d+\.\d+$/);
  });

  it("is locked by its content", () => {
    const lock = readFileSync(join(root, "pnpm-lock.yaml"), "utf8");
    for (const name of nodePackages) {
      expect(lock).toMatch(new RegExp(`^ {2}${name}@${pinnedVersion}:\\n {4}resolution: \\{integrity: sha512-`, "m"));
    }
  });

  it("is described by types of the same major version", () => {
    expect(manifest.devDependencies["@types/node"]).toMatch(new RegExp(`^\\^${pinnedVersion?.split(".")[0]}\\.`));
  });

  const node = pinnedNode();

  it.runIf(node !== undefined)("runs here, where npm has one for this machine", () => {
    expect(execFileSync(node as string, ["--version"], { encoding: "utf8" })).toBe(`v${pinnedVersion}\n`);
  });

  it.runIf(node !== undefined && process.platform !== "win32")(
    "is what `npx node` becomes, and keeps what it compiles",
    () => {
      const env = { ...process.env, NODE_COMPILE_CACHE: undefined };
      const program = "console.log(JSON.stringify([process.execPath, require('node:module').getCompileCacheDir()]))";
      const command = join(root, "node_modules/.bin/node");
      const [path, cache] = JSON.parse(
        execFileSync(command, ["-e", program], { encoding: "utf8", env, cwd: tmpdir() }),
      );
      expect(path).toBe(realpathSync(node as string));
      expect(cache).toContain(join(root, "node_modules/.cache/compiled"));
    },
  );
});

describe("a Node that is too old", () => {
  it.each([
    ["20.19.6", "20.19", true],
    ["20.18.3", "20.19", false],
    ["18.20.8", "20.19", false],
    ["24.0.0", "24", true],
    ["23.11.1", "24", false],
    ["26.10.0", "20.19", true],
  ])("%s is %s or newer: %s", (version, oldest, expected) => {
    expect(isAtLeast(version, oldest)).toBe(expected);
  });

  it("is told in one sentence what is needed", () => {
    expect(complaint("999.1")).toBe(
      `this is Node ${process.versions.node}, and Lectern needs 999.1 or newer; get it from https://nodejs.org`,
    );
    expect(complaint(oldestForSetup)).toBeUndefined();
  });
});

it("the command says what to do where nothing is set up yet", () => {
  const folder = mkdtempSync(join(tmpdir(), "lectern-bare-"));
  for (const file of ["package.json", "scripts/node.mjs", "scripts/handOver.mjs", "scripts/bin/lectern.mjs"]) {
    cpSync(join(root, file), join(folder, file));
  }
  const run = (...args: string[]) =>
    spawnSync(process.execPath, [join(folder, "scripts/bin/lectern.mjs"), ...args], { encoding: "utf8" });
  expect(run("--version").stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
  expect(run("info")).toMatchObject({
    status: 1,
    stderr: "lectern: not set up yet; run `npm start`, or `node scripts/setup.mjs`, in the repository's folder once\n",
  });
  rmSync(folder, { recursive: true });
});
