import { mkdirSync, mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { manifest as ours } from "../node.mjs";
import { createProject, LIBRARIES, nextSteps } from "../src/init/createProject.ts";
import { version } from "../src/version.ts";
import { lectern } from "./command.ts";

const folder = mkdtempSync(join(realpathSync(tmpdir()), "lectern init "));
afterAll(() => rmSync(folder, { recursive: true }));

interface Manifest {
  readonly name: string;
  readonly dependencies: Readonly<Record<string, string>>;
  readonly devDependencies: Readonly<Record<string, string>>;
}

const manifestOf = (project: string) => JSON.parse(readFileSync(join(project, "package.json"), "utf8")) as Manifest;

describe("a project that is begun", () => {
  it("has a model, its training, a test, a page, and asks for the packages of this version", () => {
    const project = join(folder, "My first Model!");
    const files = createProject(project);
    expect(readdirSync(project).sort()).toEqual([
      ...[".gitignore", "README.md", "index.html", "package.json", "src", "test", "tsconfig.json", "vite.config.ts"],
    ]);
    expect(files).toEqual(expect.arrayContaining(["package.json", join("src", "model.ts")]));
    const { name, dependencies, devDependencies } = manifestOf(project);
    expect(name).toBe("my-first-model");
    expect(dependencies).toEqual(Object.fromEntries(LIBRARIES.map((library) => [library, version])));
    expect(devDependencies["@types/node"]).toBe(ours.devDependencies["@types/node"].replace("^", ""));
    expect(readFileSync(join(project, "README.md"), "utf8")).toMatch(/^# my-first-model\n/);
    expect(nextSteps("there")).toBe(
      "The project is there. Go on with\n  cd there\n  npm install\n  npm start\n  npm test",
    );
  });

  it("is begun in an empty folder and in a repository that has just been made, and nowhere else", () => {
    const empty = join(folder, "empty");
    mkdirSync(join(empty, ".git"), { recursive: true });
    createProject(empty);
    expect(() => createProject(empty)).toThrow(/empty holds .+ already, and nothing is written over/);
    const file = join(folder, "file");
    writeFileSync(file, "mine");
    expect(() => createProject(file)).toThrow("is a file: name a new folder, or an empty one");
    expect(readFileSync(file, "utf8")).toBe("mine");
  });

  it("takes tarballs from a folder, by their paths from the project", async () => {
    const packages = join(folder, "tarballs");
    mkdirSync(packages);
    for (const name of ["autograd", "nn", "train"]) writeFileSync(join(packages, `lectern-${name}-${version}.tgz`), "");
    expect(await lectern(["init", "from", "--packages", "tarballs"], folder)).toMatchObject({ code: 0, stderr: "" });
    expect(manifestOf(join(folder, "from")).dependencies["@lectern/nn"]).toBe(
      `file:../tarballs/lectern-nn-${version}.tgz`,
    );
  });

  it("is not begun where a tarball is missing", async () => {
    const { code, stderr } = await lectern(["init", "without", "--packages", "nowhere"], folder);
    expect(code).toBe(2);
    expect(stderr).toMatch(
      /^lectern: there is no .*lectern-autograd-.*\.tgz: `npm run pack -- .*nowhere` in Lectern's/,
    );
    expect(readdirSync(folder)).not.toContain("without");
  });
});
