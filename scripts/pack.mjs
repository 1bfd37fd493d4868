// Builds the libraries as they are published, and writes their tarballs: `npm run pack -- <folder>`. Inside the repository the
// TypeScript is what runs; Node does not run TypeScript that lies in node_modules, so a package holds what is made of it:
// modules with declarations and source maps, the kernels and the workers as they are.
import { execFileSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { root } from "./node.mjs";

/** Folders of the packages, each after those that it needs. */
const PACKAGES = ["packages/autograd", "packages/nn", "packages/train", "datasets"];
/** What can be published as it is written. */
const AS_IT_IS = /\.(mjs|js|d\.mts)$/;
const OLDEST_NODE = ">=22.12";

const json = (file) => JSON.parse(readFileSync(file, "utf8"));

/** A source file's path as the published package has it. */
const built = (path) => path.replace(/^\.\/src\//, "./dist/").replace(/\.ts$/, ".js");
const declaration = (path) => built(path).replace(/\.js$/, ".d.ts");

/** Conditions and paths of a package's own imports. */
function builtPaths(value) {
  if (typeof value === "string") return built(value);
  return Object.fromEntries(Object.entries(value).map(([condition, path]) => [condition, builtPaths(path)]));
}

/** The package.json of what is published. What only its tests use is left out. */
function publishedManifest(manifest, version) {
  const { name, description, license, exports, imports, dependencies, optionalDependencies } = manifest;
  const forOthers = Object.entries(exports).filter(([, path]) => path.startsWith("./src/"));
  const pinned = Object.entries(dependencies).map(([key, range]) => [key, range === "workspace:*" ? version : range]);
  return {
    ...{ name, version, description, license, type: "module" },
    ...{ engines: { node: OLDEST_NODE }, files: ["dist"] },
    // Modules register what they define (methods of tensors, devices, kinds of models), so none may be left out unseen.
    sideEffects: true,
    exports: Object.fromEntries(
      forOthers.map(([key, path]) => [key, { types: declaration(path), default: built(path) }]),
    ),
    ...(imports && { imports: builtPaths(imports) }),
    dependencies: Object.fromEntries(pinned),
    ...(optionalDependencies && { optionalDependencies }),
    publishConfig: { access: "public", provenance: true },
  };
}

/** Makes JavaScript, declarations and source maps of a package's sources. Errors: what the compiler says. */
function compile(folder, to) {
  const config = join(folder, "tsconfig.pack.json");
  const source = join(folder, "src");
  writeFileSync(
    config,
    JSON.stringify({
      extends: relative(folder, join(root, "tsconfig.json")).replaceAll("\\", "/"),
      compilerOptions: {
        ...{ noEmit: false, rewriteRelativeImportExtensions: true, declaration: true },
        ...{ sourceMap: true, inlineSources: true, outDir: to, rootDir: source },
      },
      include: ["src"],
    }),
  );
  try {
    execFileSync(process.execPath, [join(root, "node_modules/typescript/bin/tsc"), "-p", config], { encoding: "utf8" });
  } catch (error) {
    throw new Error(`${relative(root, folder)} does not compile:\n${error.stdout || error.message}`);
  } finally {
    rmSync(config);
  }
}

const filesIn = (folder) =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((file) => file.isFile())
    .map((file) => join(file.parentPath, file.name));

/** Copies what is JavaScript already. */
function copyAsItIs(source, to) {
  for (const file of filesIn(source).filter((path) => AS_IT_IS.test(path))) {
    const target = join(to, relative(source, file));
    mkdirSync(dirname(target), { recursive: true });
    cpSync(file, target);
  }
}

/** Imports of sources, in declarations and in generated JavaScript, become imports of what was made of them. */
function renameImports(folder) {
  for (const file of filesIn(folder).filter((path) => /\.(d\.ts|d\.mts|js|mjs)$/.test(path))) {
    const text = readFileSync(file, "utf8");
    const renamed = text.replace(/((?:from|import)\s*\(?\s*)"(\.{1,2}\/[^"\n]+)\.ts"/g, '$1"$2.js"');
    if (renamed !== text) writeFileSync(file, renamed);
  }
}

/** Everything of one package as it is published, in a folder. */
function stage(name, to, version) {
  const folder = join(root, name);
  compile(folder, join(to, "dist"));
  copyAsItIs(join(folder, "src"), join(to, "dist"));
  renameImports(join(to, "dist"));
  const manifest = publishedManifest(json(join(folder, "package.json")), version);
  writeFileSync(join(to, "package.json"), `${JSON.stringify(manifest, undefined, 2)}\n`);
  cpSync(join(root, "LICENSE"), join(to, "LICENSE"));
  cpSync(join(folder, "README.md"), join(to, "README.md"));
}

/** Packs a staged folder. Gives the tarball's name. */
function pack(folder, destination) {
  const npm = process.platform === "win32" ? "npm.cmd" : "npm";
  const args = ["pack", "--json", "--ignore-scripts", "--pack-destination", destination];
  const text = execFileSync(npm, args, { cwd: folder, encoding: "utf8", shell: process.platform === "win32" });
  return JSON.parse(text)[0].filename;
}

/** Makes every package as it is published, each in a folder of its name, `@lectern/nn` and so on. Gives these folders. */
export function stageAll(destination) {
  const { version } = json(join(root, "package.json"));
  return PACKAGES.map((name) => {
    const folder = join(destination, json(join(root, name, "package.json")).name);
    mkdirSync(folder, { recursive: true });
    stage(name, folder, version);
    return folder;
  });
}

/** Writes all tarballs into a folder, which is made where it is missing. Gives their paths. */
export function packAll(destination) {
  mkdirSync(destination, { recursive: true });
  const staging = mkdtempSync(join(tmpdir(), "lectern-pack-"));
  try {
    return stageAll(staging).map((folder) => join(destination, pack(folder, destination)));
  } finally {
    rmSync(staging, { recursive: true });
  }
}

if (process.argv[1] !== undefined && resolve(process.argv[1]) === fileURLToPath(import.meta.url)) {
  const [destination, ...rest] = process.argv.slice(2);
  if (destination === undefined || rest.length > 0 || destination.startsWith("-")) {
    console.error("Writes the libraries' tarballs into a folder: npm run pack -- <folder>");
    process.exitCode = 1;
  } else if (existsSync(destination) && readdirSync(destination).some((file) => !file.endsWith(".tgz"))) {
    console.error(`pack: ${destination} holds other things than tarballs: name an empty folder, or a new one`);
    process.exitCode = 1;
  } else {
    for (const path of packAll(resolve(destination))) console.log(path);
  }
}
