// Makes the gpu device for browsers' bundles. gpu.js reads the text of functions, which bundlers rewrite when they
// minify; so here every kernel is replaced by its text. Does nothing where the sources are those of the last build.
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join, relative, sep } from "node:path";
import { fileURLToPath } from "node:url";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const folder = join(root, "packages/autograd/src/devices/gpu");
const generated = join(folder, "generated");
const require = createRequire(join(root, "packages/autograd/package.json"));

/** Where kernels, and the functions that they call, are written: as methods of object literals. */
const HOLDS_KERNELS = /[\\/](kernels[\\/]\w+|helpers|checks|store)\.ts$/;

function sourceFiles() {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true });
  const paths = files.filter((file) => file.isFile()).map((file) => join(file.parentPath ?? file.path, file.name));
  return paths.filter((path) => path.endsWith(".ts")).sort();
}

/** What changes the result: the sources, this script and the bundler's version. */
function fingerprint() {
  const hash = createHash("sha256").update(require("esbuild/package.json").version);
  for (const file of [...sourceFiles(), fileURLToPath(import.meta.url)]) {
    hash.update(relative(root, file)).update(readFileSync(file));
  }
  return hash.digest("hex");
}

/** The methods of all object literals in a program, each with where it stands. */
function methodsIn(node, found = []) {
  if (node === null || typeof node !== "object") return found;
  if (node.type === "Property" && node.method) {
    found.push(node);
    return found;
  }
  for (const child of Object.values(node)) methodsIn(child, found);
  return found;
}

/** What a function uses that is neither its own nor a property's name. */
function freeNames({ params, body }) {
  const own = new Set(params.map(({ name }) => name));
  const used = new Set();
  const visit = (node) => {
    if (node === null || typeof node !== "object") return;
    if (node.type === "VariableDeclarator") own.add(node.id.name);
    if (node.type === "Identifier") used.add(node.name);
    for (const [key, child] of Object.entries(node)) {
      if (!(key === "property" && node.type === "MemberExpression" && !node.computed)) visit(child);
    }
  };
  visit(body);
  return [...used].filter((name) => !own.has(name));
}

/** Every kernel and helper that was found, with what each uses; and those that are texts in the sources already. */
const found = new Map();
const texts = new Set();

/** `{ double(x) { return 2 * x; } }` as `{ double: kernelText("double(x) { return 2 * x; }", 1) }`. */
function withTexts(code) {
  const methods = methodsIn(require("acorn").parse(code, { ecmaVersion: "latest", sourceType: "module" }));
  for (const [, name] of code.matchAll(/\bfunction (\w+)\(/g)) texts.add(name);
  let result = "";
  let at = 0;
  for (const { start, end, key, value } of methods) {
    const text = JSON.stringify(code.slice(start, end));
    found.set(key.name, [...(found.get(key.name) ?? []), ...freeNames(value)]);
    result += `${code.slice(at, start)}${key.name}: kernelText(${text}, ${value.params.length})`;
    at = end;
  }
  // What takes a function for a kernel asks for its text and for how many arguments it has.
  const helper = "const kernelText = (text, length) => ({ length, toString: () => text });\n";
  return methods.length === 0 ? code : helper + result + code.slice(at);
}

const { build, transform } = require("esbuild");

const textsForKernels = {
  name: "texts for kernels",
  setup({ onResolve, onLoad }) {
    // The rest of the package is imported, not copied.
    onResolve({ filter: /^\.\./ }, ({ path, resolveDir }) => {
      const target = join(resolveDir, path);
      if (target.startsWith(folder + sep)) return undefined;
      return { path: relative(generated, target).split(sep).join("/"), external: true };
    });
    onLoad({ filter: /[\\/]dawn\.ts$/ }, () => ({
      contents: 'export async function loadDawn() { throw new Error("this browser has no WebGPU (navigator.gpu)"); }',
    }));
    onLoad({ filter: HOLDS_KERNELS }, async ({ path }) => {
      const { code } = await transform(readFileSync(path, "utf8"), { loader: "ts", minifyWhitespace: true });
      return { contents: withTexts(code), loader: "js" };
    });
  },
};

const stamp = join(generated, "fingerprint");
const now = fingerprint();
if (!existsSync(stamp) || readFileSync(stamp, "utf8") !== now) {
  const { outputFiles } = await build({
    entryPoints: [join(folder, "device.ts")],
    bundle: true,
    write: false,
    format: "esm",
    target: "es2022",
    external: ["#gpujs"],
    plugins: [textsForKernels],
  });
  for (const [name, used] of found) {
    const strange = used.find((other) => other !== "Math" && !found.has(other) && !texts.has(other));
    if (strange !== undefined) {
      console.error(
        `build-gpu: the kernel ${name} uses ${strange}, which is neither Math nor a kernel's helper; what is no`,
      );
      console.error("kernel cannot be a method of an object literal in a file of kernels: make it a function");
      process.exit(1);
    }
  }
  mkdirSync(generated, { recursive: true });
  // Written beside and renamed, so that somebody who reads meanwhile sees the old file or the new one.
  for (const [name, text] of [
    ["device.js", `// Made by scripts/build-gpu.mjs.\n${outputFiles[0].text}`],
    ["fingerprint", now],
  ]) {
    const beside = join(generated, `.${name}.${process.pid}`);
    writeFileSync(beside, text);
    renameSync(beside, join(generated, name));
  }
}
