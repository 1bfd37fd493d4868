import { execFileSync } from "node:child_process";
import { copyFileSync, existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { gzipSync } from "node:zlib";
import { findBrowser, openPage } from "@lectern/autograd/testing/browser";
import { type Bundle, bundleWithVite } from "@lectern/autograd/testing/bundling";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { experimentNames } from "../src/lecture/registry.ts";
import { firstProgram, makeConsumer, manifestIn, typeChecks } from "./consumer.ts";
import type { FirstProgramPage } from "./firstProgram.page.ts";

const { folder, packages, remove } = makeConsumer();
afterAll(remove);

const filesIn = (path: string) =>
  readdirSync(path, { recursive: true, withFileTypes: true })
    .filter((file) => file.isFile())
    .map((file) => join(file.parentPath, file.name));

describe.each(packages.map((path) => [manifestIn(path).name, path]))("%s as it is published", (_name, path) => {
  it("has what its package.json names, and asks for packages that anybody can install", () => {
    const { exports = {}, bin = {}, dependencies } = manifestIn(path);
    expect(Object.values(bin).filter((file) => !existsSync(join(path, file)))).toEqual([]);
    for (const { types, default: main } of Object.values(exports)) {
      expect([types, main].filter((file) => !existsSync(join(path, file)))).toEqual([]);
    }
    expect(Object.values(dependencies).filter((range) => !/^[\^~]?\d/.test(range))).toEqual([]);
  });

  it("has a licence and a README, and neither tests nor TypeScript that Node would refuse", () => {
    expect(["LICENSE", "README.md"].filter((file) => !existsSync(join(path, file)))).toEqual([]);
    // The project that `lectern init` begins is text.
    const files = filesIn(path).filter((file) => !/[\\/]template[\\/]/.test(file));
    expect(files.filter((file) => /\.test\.|[\\/]test[\\/]/.test(file))).toEqual([]);
    expect(files.filter((file) => /(?<!\.d)\.ts$/.test(file))).toEqual([]);
    const modules = files.filter((file) => /\.(js|mjs|d\.ts|d\.mts)$/.test(file));
    const named = modules.filter((file) => /(from|import\()\s*"\.[^"\n]*\.ts"/.test(readFileSync(file, "utf8")));
    expect(named).toEqual([]);
  });

  it("has source maps that hold their sources, and say nothing of the machine that packed", () => {
    for (const file of filesIn(path).filter((name) => name.endsWith(".js.map"))) {
      const map = JSON.parse(readFileSync(file, "utf8")) as { sources: string[]; sourcesContent: string[] };
      expect(map.sources).toEqual([basename(file).replace(/\.js\.map$/, ".ts")]);
      expect(map.sourcesContent[0]).not.toBe("");
    }
  });
});

it("README's first program runs outside of the workspace, with plain node", () => {
  writeFileSync(join(folder, "first.js"), `${firstProgram()}\nconsole.log("the end");\n`);
  const output = execFileSync(process.execPath, ["first.js"], { cwd: folder, encoding: "utf8", stdio: "pipe" });
  const metrics = readFileSync(join(folder, "runs/first/metrics.jsonl"), "utf8");
  expect(metrics).toMatch(/"event":"evaluate","step":4,"loss":4\.\d+/);
  expect(output).toMatch(/Call me [\s\S]+the end\n$/u);
});

it("the gpu device comes with its gpu.js, and with nothing that has to be installed for it", async () => {
  const autograd = join(folder, "node_modules/@lectern/autograd");
  const licences = readdirSync(join(autograd, "dist/gpu.js")).filter((file) => file.startsWith("LICENSE"));
  expect(licences.sort()).toEqual(["LICENSE", "LICENSE.acorn", "LICENSE.gpu-mock.js"]);
  const { dependencies, optionalDependencies } = manifestIn(autograd);
  expect(Object.keys({ ...dependencies, ...optionalDependencies }).sort()).toEqual(["acorn", "koffi", "seedrandom"]);
  writeFileSync(
    join(folder, "gpu.js"),
    `import { openGpu, tensor } from "@lectern/autograd";
     const gpu = await openGpu({ backend: "webasm" });
     const x = tensor([[1, 2], [3, 4]], { device: gpu });
     console.log(JSON.stringify(await x.matmul(x).array()));`,
  );
  const output = execFileSync(process.execPath, ["gpu.js"], { cwd: folder, encoding: "utf8" });
  expect(output).toBe("[[7,10],[15,22]]\n");
});

describe("the command as it is published, outside of the workspace", () => {
  const published = join(folder, "node_modules/lectern");
  const { version, bin } = manifestIn(published);
  const lectern = (...args: string[]) =>
    execFileSync(process.execPath, [join(published, bin?.lectern ?? ""), ...args], {
      cwd: folder,
      encoding: "utf8",
      stdio: "pipe",
    });

  it("says which it is, and how it is called there", () => {
    expect(lectern("--version")).toBe(`${version}\n`);
    expect(lectern("--help")).toMatch(/lectern train[\s\S]+In a project that has installed it, type `npx lectern/);
  });

  it("says that the coursework is in the repository alone", () => {
    expect(() => lectern("course", "list")).toThrow(
      /^[^\n]+\nlectern: `lectern course` works in Lectern's repository alone/,
    );
  });

  it("has the model that comes with it", () => {
    expect(lectern("model", "list")).toMatch(/^moby-small +here/m);
    const text = lectern("generate", "moby-small", "--prompt", "The whale", "--strategy", "greedy", "--tokens", "5");
    expect(text).toMatch(/^The whale\S* \S/);
  });

  it("has the lecture's experiments, whose reports show them in TypeScript", async () => {
    const names = lectern("lecture", "list").trimEnd().split("\n");
    expect(names.map((line) => line.split(" ")[0])).toEqual(await experimentNames());
    expect(lectern("lecture", "run", "attention-basic", "--quick")).toContain("holds: each row of weights sums to one");
    const report = readFileSync(join(folder, "runs/lecture/attention-basic/report.html"), "utf8");
    expect(report).toContain("<code>npx lectern lecture run attention-basic --quick</code>");
    expect(report).toContain("scripts/lecture/attention-basic.ts");
  });
});

it("create-lectern begins a project, which trains, and whose tests pass", () => {
  const node = (cwd: string, ...args: string[]) =>
    execFileSync(process.execPath, args, { cwd, encoding: "utf8", stdio: "pipe" });
  const create = join(
    folder,
    "node_modules/create-lectern",
    manifestIn(join(folder, "node_modules/create-lectern")).bin?.["create-lectern"] ?? "",
  );
  expect(node(folder, create, "mine")).toContain("cd mine\n  npm install\n  npm start");
  const project = join(folder, "mine");
  expect(node(project, "src/train.ts", "2")).toMatch(/^after [\s\S]+ % of these sentences are right/);
  expect(existsSync(join(project, "runs/first/metrics.jsonl"))).toBe(true);
  expect(node(project, "--test")).toMatch(/pass 4\n[\s\S]*fail 0\n/);
});

it("types hold for a strict program that checks its libraries too, and knows nothing of Node", () => {
  for (const check of typeChecks(folder, ["lectern/lecture"])) expect(check).not.toThrow();
});

const browser = findBrowser();
if (browser === undefined) {
  console.log("the packages in a page: left out, as no Chromium was found here (CHROMIUM can name its path)");
} else {
  let bundle: Bundle;
  beforeAll(async () => {
    const page = join(folder, "page.ts");
    copyFileSync(fileURLToPath(new URL("firstProgram.page.ts", import.meta.url)), page);
    bundle = await bundleWithVite(pathToFileURL(page));
  });

  it.each([
    ["with threads where it is cross-origin isolated", true],
    ["without them where it is not", false],
  ])("README's first program runs in a page that Vite has minified, %s", async (_, isolated) => {
    const opened = await openPage(browser, bundle, { isolated });
    try {
      const { trainLoss, text } = await opened.page.evaluate(() => (globalThis as unknown as FirstProgramPage).run());
      expect(trainLoss).toBeGreaterThan(4);
      expect(trainLoss).toBeLessThan(5);
      expect(text).toMatch(/^Call me [\s\S]{20}$/u);
      expect(await opened.page.evaluate(() => globalThis.crossOriginIsolated)).toBe(isolated);
    } finally {
      await opened.close();
    }
  });
}

/** A sentence of gpu.js that no minifier touches. */
const OF_GPU_JS = "WebAssembly backend does not yet support";

it("a page with autograd and nn loads less than 150 KB, and gpu.js when it is asked for", async () => {
  const entry = join(folder, "small.ts");
  writeFileSync(
    entry,
    'import * as nn from "@lectern/nn";\nimport * as autograd from "@lectern/autograd";\nconsole.log(nn, autograd);\n',
  );
  const bundle = await bundleWithVite(pathToFileURL(entry));
  const sizes = Object.entries(bundle).map(([name, text]) => ({ name, gzipped: gzipSync(text).length, text }));
  // The table in packages/autograd/README.md.
  console.log(sizes.map(({ name, gzipped }) => `${name}: ${Math.round(gzipped / 1000)} kB gzipped`).join("\n"));
  expect(sizes.find(({ name }) => name === "/script.js")?.gzipped).toBeLessThan(150_000);
  const withGpuJs = sizes.filter(({ text }) => text.includes(OF_GPU_JS)).map(({ name }) => name);
  expect(withGpuJs).toHaveLength(1);
  expect(bundle["/script.js"]).not.toContain(OF_GPU_JS);
});
