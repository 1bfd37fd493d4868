// Proves a BLAS library in a process of its own, so that one that crashes or hangs harms nobody: `node proveLibrary.mjs
// <name>`. Products of whole numbers, which have no rounding, of many shapes, have to be right to the bit. Prints one line of
// JSON: what the library says it is and the files that came with it, or what is wrong.
import { openProducts } from "./library.mjs";

const { existsSync, readFileSync, statSync } = process.getBuiltinModule("node:fs");

/** m, n and k. */
const SHAPES = [
  [3, 5, 4],
  [17, 33, 9],
  [1, 60, 50],
  [64, 64, 64],
  [200, 120, 72],
  [31, 700, 90],
  [512, 96, 64],
];

/** The library's file where it is named, and the libraries that this process has in memory, where the system says so. */
function filesInMemory(name) {
  if (!existsSync("/proc/self/maps")) return new Set(existsSync(name) ? [name] : []);
  try {
    const maps = readFileSync("/proc/self/maps", "utf8");
    return new Set([...maps.matchAll(/ (\/\S+\.so[.\d]*)$/gm)].map(([, path]) => path));
  } catch {
    return new Set();
  }
}

/** Small whole numbers, in rows (or, transposed, columns) of `step`. */
function fill(floats, at, rows, columns, step, transposed, seed) {
  for (let i = 0; i < rows; i++) {
    for (let j = 0; j < columns; j++) {
      floats[at + (transposed ? j * step + i : i * step + j)] = ((i * 7 + j * 3 + seed + ((i * j) % 5)) % 11) - 5;
    }
  }
}

function isRight(multiply, floats, [m, n, k], transposeA, transposeB, beta) {
  const [a, b] = [0, 2 ** 17];
  const c = 2 ** 18;
  // Rows lie further apart than they are long.
  const [aStep, bStep, cStep] = [(transposeA ? m : k) + 3, (transposeB ? k : n) + 5, n + 2];
  fill(floats, a, m, k, aStep, transposeA, 1);
  fill(floats, b, k, n, bStep, transposeB, 4);
  fill(floats, c, m, cStep, cStep, false, 2);
  const before = floats.slice(c, c + m * cStep);
  multiply(transposeA, transposeB, m, n, k, 0.5, 4 * a, aStep, 4 * b, bStep, beta, 4 * c, cStep);
  for (let i = 0; i < m; i++) {
    for (let j = 0; j < cStep; j++) {
      let wanted = before[i * cStep + j];
      if (j < n) {
        let sum = 0;
        for (let p = 0; p < k; p++) {
          const left = floats[a + (transposeA ? p * aStep + i : i * aStep + p)];
          sum += left * floats[b + (transposeB ? j * bStep + p : p * bStep + j)];
        }
        wanted = 0.5 * sum + beta * wanted;
      }
      if (floats[c + i * cStep + j] !== wanted) return false;
    }
  }
  return true;
}

/** The first product that is wrong, as text; undefined where all are right. */
function findFault(multiply, floats) {
  for (const shape of SHAPES) {
    for (const transposeA of [false, true]) {
      for (const transposeB of [false, true]) {
        for (const beta of [0, 1]) {
          if (isRight(multiply, floats, shape, transposeA, transposeB, beta)) continue;
          const [m, n, k] = shape;
          return `its product of [${m}, ${k}] and [${k}, ${n}] is wrong`;
        }
      }
    }
  }
  return undefined;
}

function prove(name) {
  const memory = { buffer: new SharedArrayBuffer(2 ** 21) };
  const before = filesInMemory("");
  const { description, multiply } = openProducts(name, memory);
  const files = [...filesInMemory(name)].filter((path) => !before.has(path));
  const fault = findFault(multiply, new Float32Array(memory.buffer));
  if (fault !== undefined) return { fault };
  return { description, files: files.map((path) => [path, statSync(path).size, statSync(path).mtimeMs]) };
}

let result;
try {
  result = prove(process.argv[2]);
} catch (error) {
  result = { fault: error instanceof Error ? error.message.split("\n")[0] : String(error) };
}
process.stdout.write(JSON.stringify(result));
