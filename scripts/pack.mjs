// Builds the packages as they are published, and writes their tarballs: `npm run pack -- <folder>`. Inside the repository the
// TypeScript is what runs; Node does not run TypeScript that lies in node_modules, so a package holds what is made of it:
// modules with declarations and source maps, the kernels and the workers as they are.
import { execFileSync } from "node:child_process";
import { randomUUID } from "node:crypto";
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, dirname, join, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { root } from "./node.mjs";
import { withGpuJs } from "./packGpuJs.mjs";

/** Folders of the libraries, each after those that it needs. */
const LIBRARIES = ["packages/autograd", "packages/nn", "packages/train", "datasets"];
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

/** Where the sources lie, as GitHub says where it packs them: npm compares that with what a package's provenance says. */
function repository() {
  const { GITHUB_SERVER_URL: server, GITHUB_REPOSITORY: name } = process.env;
  return server && name ? { repository: { type: "git", url: `git+${server}/${name}.git` } } : {};
}

/** What every published package.json says, and what its dependencies are: those of ours, in the same version. */
function commonManifest({ description, license, dependencies, optionalDependencies }, name, version) {
  const pinned = Object.entries(dependencies).map(([key, range]) => [key, range === "workspace:*" ? version : range]);
  return {
    ...{ name, version, description, license, type: "module", engines: { node: OLDEST_NODE } },
    // Modules register what they define (methods of tensors, devices, kinds of models), so none may be left out unseen.
    sideEffects: true,
    dependencies: Object.fromEntries(pinned),
    ...(optionalDependencies && { optionalDependencies }),
    ...repository(),
    publishConfig: { access: "public", provenance: true },
  };
}

/** The package.json of a library. What only its tests use is left out. */
function libraryManifest(manifest, version) {
  const { name, exports, imports } = manifest;
  const forOthers = Object.entries(exports).filter(([, path]) => path.startsWith("./src/"));
  return {
    ...commonManifest(manifest, name, version),
    files: ["dist"],
    exports: Object.fromEntries(
      forOthers.map(([key, path]) => [key, { types: declaration(path), default: built(path) }]),
    ),
    ...(imports && { imports: builtPaths(imports) }),
  };
}

/** Makes JavaScript, declarations and source maps of what lies in folders of `source`. Errors: what the compiler says. */
function compile(source, folders, to) {
  // Beside the sources, whose packages and types are looked for from there. Two may be packing at once.
  const config = join(source, `tsconfig.${randomUUID()}.json`);
  writeFileSync(
    config,
    JSON.stringify({
      extends: relative(source, join(root, "tsconfig.json")).replaceAll("\\", "/"),
      compilerOptions: {
        ...{ noEmit: false, rewriteRelativeImportExtensions: true, declaration: true },
        ...{ sourceMap: true, inlineSources: true, outDir: to, rootDir: source },
      },
      include: folders,
    }),
  );
  try {
    execFileSync(process.execPath, [join(root, "node_modules/typescript/bin/tsc"), "-p", config], { encoding: "utf8" });
  } catch (error) {
    throw new Error(`${relative(root, source)} does not compile:\n${error.stdout || error.message}`);
  } finally {
    rmSync(config);
  }
  nameSources(to);
}

const filesIn = (folder) =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((file) => file.isFile())
    .map((file) => join(file.parentPath, file.name));

/** Source maps hold their sources; they name them beside the modules, and not by where they lay on the machine that packed. */
function nameSources(folder) {
  for (const file of filesIn(folder).filter((path) => path.endsWith(".js.map"))) {
    const map = json(file);
    writeFileSync(file, JSON.stringify({ ...map, sources: map.sources.map((path) => basename(path)) }));
  }
}

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

function writeManifest(to, manifest) {
  writeFileSync(join(to, "package.json"), `${JSON.stringify(manifest, undefined, 2)}\n`);
}

/** Everything of one library as it is published, in a folder. */
function stageLibrary(folder, to, version) {
  compile(join(folder, "src"), ["."], join(to, "dist"));
  copyAsItIs(join(folder, "src"), join(to, "dist"));
  renameImports(join(to, "dist"));
  const manifest = libraryManifest(json(join(folder, "package.json")), version);
  writeManifest(to, "gpu.js" in manifest.dependencies ? withGpuJs(folder, to, manifest) : manifest);
}

/** The project that `lectern init` begins: text to be copied, with its TypeScript and its test. */
const TEMPLATE = "scripts/template";

/** What the command brings along beside its modules, as it lies in the repository. */
const BROUGHT = ["models", "scripts/bin/installed.mjs", "scripts/node.mjs", "scripts/node.d.mts", "scripts/peers"];

/** Copies paths of the repository as they are, except for what was installed there. */
function bring(paths, to) {
  for (const path of paths) {
    cpSync(join(root, path), join(to, path), { recursive: true, filter: (file) => !file.includes("node_modules") });
  }
}

/**
 * The `lectern` command as it is published. It has the repository's folders (`scripts/src`, `scripts/lecture`, `models`), so
 * that its modules find what they need by the same paths.
 */
function stageCommand(folder, to, version) {
  const scripts = join(to, "scripts");
  // What others' packages in plain JavaScript hold is declared beside the sources of data sets.
  compile(folder, ["src", "lecture", "../datasets/src/**/*.d.ts"], scripts);
  bring([...BROUGHT, TEMPLATE], to);
  renameImports(scripts);
  const lecture = "./scripts/src/lecture/index";
  writeManifest(to, {
    ...commonManifest(json(join(folder, "package.json")), "lectern", version),
    files: ["scripts", "models"],
    bin: { lectern: "scripts/bin/installed.mjs" },
    exports: {
      "./lecture": { types: `${lecture}.d.ts`, default: `${lecture}.js` },
    },
  });
}

/** `create-lectern`, which `npm create lectern` runs: what `lectern init` does, alone. */
function stageCreate(_, to, version) {
  const about = { description: "Begins a project that trains a transformer with Lectern", license: "MIT" };
  compile(join(root, "scripts"), ["src/init/createProject.ts"], join(to, "scripts"));
  bring(["scripts/bin/create.mjs", TEMPLATE], to);
  renameImports(join(to, "scripts"));
  writeManifest(to, {
    ...commonManifest({ ...about, dependencies: {} }, "create-lectern", version),
    files: ["scripts"],
    bin: { "create-lectern": "scripts/bin/create.mjs" },
  });
}

/** Packs a staged folder. Gives the tarball's name. */
function pack(folder, destination) {
  const npm = process.platform === "win32" ? "npm.cmd" : "npm";
  const args = ["pack", "--json", "--ignore-scripts", "--pack-destination", destination];
  const text = execFileSync(npm, args, { cwd: folder, encoding: "utf8", shell: process.platform === "win32" });
  return JSON.parse(text)[0].filename;
}

/** Every package: its name, its folder in the repository, and what makes it. */
const PACKAGES = [
  ...LIBRARIES.map((path) => ({ name: json(join(root, path, "package.json")).name, path, stage: stageLibrary })),
  { name: "lectern", path: "scripts", stage: stageCommand },
  { name: "create-lectern", path: "scripts/src/init", stage: stageCreate },
];

/**
 * Makes packages as they are published, all unless some are named, each in a folder of its name, `@lectern/nn` and so on. Gives
 * these folders.
 */
export function stageAll(destination, only) {
  const { version } = json(join(root, "package.json"));
  return PACKAGES.filter(({ name }) => only?.includes(name) ?? true).map(({ name, path, stage }) => {
    const [folder, to] = [join(root, path), join(destination, name)];
    mkdirSync(to, { recursive: true });
    stage(folder, to, version);
    cpSync(join(root, "LICENSE"), join(to, "LICENSE"));
    cpSync(join(folder, "README.md"), join(to, "README.md"));
    return to;
  });
}

/** Writes the tarballs, all unless some are named, into a folder, which is made where it is missing. Gives their paths. */
export function packAll(destination, only) {
  mkdirSync(destination, { recursive: true });
  const staging = mkdtempSync(join(tmpdir(), "lectern-pack-"));
  try {
    return stageAll(staging, only).map((folder) => join(destination, pack(folder, destination)));
  } finally {
    rmSync(staging, { recursive: true });
  }
}

if (process.argv[1] !== undefined && resolve(process.argv[1]) === fileURLToPath(import.meta.url)) {
  const [destination, ...rest] = process.argv.slice(2);
  if (destination === undefined || rest.length > 0 || destination.startsWith("-")) {
    console.error("Writes the packages' tarballs into a folder: npm run pack -- <folder>");
    process.exitCode = 1;
  } else if (existsSync(destination) && readdirSync(destination).some((file) => !file.endsWith(".tgz"))) {
    console.error(`pack: ${destination} holds other things than tarballs: name an empty folder, or a new one`);
    process.exitCode = 1;
  } else {
    for (const path of packAll(resolve(destination))) console.log(path);
  }
}
