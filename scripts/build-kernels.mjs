// Compiles the cpu device's kernels (AssemblyScript) to WebAssembly, plainly, with relaxed SIMD, and for engines that widen
// vectors, as modules of TypeScript that hold the bytes (of the plain build what it has otherwise than the relaxed one, as pages
// load both: differences.mjs), and writes down what the device has to know of them (kernelInterface.mjs). Does nothing where the
// sources are those of the last build.
import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { differencesOf } from "./differences.mjs";
import { entryOf, readInterface, typesOf, valuesOf } from "./kernelInterface.mjs";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const sources = join(root, "packages/autograd/kernels");
const generated = join(root, "packages/autograd/src/devices/cpu/generated");
const compiler = join(root, "node_modules/assemblyscript/bin/asc.js");

/** The sources' texts by name, with the ends of lines that git stores. */
function readSources() {
  const files = readdirSync(sources).sort();
  return Object.fromEntries(
    files.map((file) => [file, readFileSync(join(sources, file), "utf8").replaceAll("\r\n", "\n")]),
  );
}

/** What changes the result: the sources, these scripts and the compiler's version. */
function fingerprint(texts) {
  const hash = createHash("sha256").update(JSON.stringify(texts));
  for (const script of ["build-kernels.mjs", "differences.mjs", "kernelInterface.mjs"]) {
    hash.update(readFileSync(new URL(script, import.meta.url)));
  }
  hash.update(readFileSync(join(dirname(compiler), "../package.json")));
  return hash.digest("hex");
}

const FLAGS = [
  ...["-O3", "--noAssert", "--runtime", "stub", "--use", "abort="],
  ...["--importMemory", "--sharedMemory", "--initialMemory", "16", "--maximumMemory", "65536"],
  // The first 64 KiB are the device's own, for descriptions of kernels' arguments and for the threads.
  ...["--memoryBase", "65536", "--enable", "simd", "--enable", "threads", "--enable", "nontrapping-f2i"],
  // Two warnings that are of no use here: pointer arithmetic assumes 32 bits, v128 values cross between functions.
  ...["--disableWarning", "201", "--disableWarning", "112"],
];

/** What stands in build.ts in place of the repository's own, for the widened build. */
const WIDENED = { "build.ts": "export const WIDENED: bool = true;\n" };

/** The WebAssembly module that is made of sources: texts by name, `entry.ts` among them. */
async function compile(name, flags, sources, folder) {
  mkdirSync(folder);
  for (const [file, text] of Object.entries(sources)) writeFileSync(join(folder, file), text);
  const file = join(folder, `${name}.wasm`);
  const args = [compiler, "entry.ts", ...FLAGS, ...flags, "--outFile", file];
  await promisify(execFile)(process.execPath, args, { cwd: folder });
  return readFileSync(file);
}

/** A module of TypeScript that holds bytes. */
function moduleOf(comment, bytes) {
  const hex = Buffer.from(bytes).toString("hex");
  return `/** ${comment}. Made by scripts/build-kernels.mjs. */\nexport const bytes =\n  "${hex}";\n`;
}

const stamp = join(generated, "fingerprint");
const texts = readSources();
const now = fingerprint(texts);
if (!existsSync(stamp) || readFileSync(stamp, "utf8") !== now) {
  const folder = mkdtempSync(join(tmpdir(), "kernels-"));
  try {
    const found = readInterface(texts);
    const all = { ...texts, "entry.ts": entryOf(found) };
    const relaxedSimd = ["--enable", "relaxed-simd"];
    const [plain, relaxed, widened] = await Promise.all([
      compile("plain", [], all, join(folder, "plain")),
      compile("relaxed", relaxedSimd, all, join(folder, "relaxed")),
      compile("widened", [...relaxedSimd, "--debug"], { ...all, ...WIDENED }, join(folder, "widened")),
    ]);
    mkdirSync(generated, { recursive: true });
    // Written beside and renamed, so that somebody who reads meanwhile sees the old file or the new one.
    for (const [name, text] of [
      ["relaxed.ts", moduleOf("The kernels' WebAssembly module, with relaxed SIMD", relaxed)],
      ["plain.ts", moduleOf("What the plain build has otherwise", differencesOf(relaxed, plain))],
      ["widened.ts", moduleOf("The kernels' WebAssembly module, with loops for engines that widen", widened)],
      ["interface.mjs", valuesOf(found)],
      ["interface.d.mts", typesOf(found)],
      ["fingerprint", now],
    ]) {
      const beside = join(generated, `.${name}.${process.pid}`);
      writeFileSync(beside, text);
      renameSync(beside, join(generated, name));
    }
  } catch (error) {
    console.error(`build-kernels: the kernels do not compile:\n${error.stderr || error.message}`);
    process.exitCode = 1;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
