// Matrix products that are looked at: the first of each kind of shape, and one of many after that. Plain JavaScript, as all
// threads use it.
//
// c = a b is right where c r = a (b r) for a random vector r (Freivalds, "Probabilistic machines can use less running
// time", 1977): three products with a vector in place of the one that is checked, and no element escapes it.

/** Of so many products on a thread one is checked. */
const EVERY = 1024;

/** Sizes up to the next power of two, of all three sides, and which operands are transposed. */
function kindOf(transposeA, transposeB, m, n, k) {
  const size = (x) => 32 - Math.clz32(x - 1);
  return (((size(m) * 32 + size(n)) * 32 + size(k)) * 2 + Number(transposeA)) * 2 + Number(transposeB);
}
const KINDS = 2 ** 17;

/** Numbers from 0.5 to 1.5, always the same. */
function weights(length) {
  let state = 1;
  return Float64Array.from({ length }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return 0.5 + state / 2 ** 32;
  });
}

/** A matrix as it lies among floats: the first element, and the steps from row to row and from column to column. */
const matrix = (address, step, transposed) => ({
  at: address / 4,
  row: transposed ? 1 : step,
  column: transposed ? step : 1,
});

/** sums[i] = factor * sum(x[i, j] v[j]) + sums[i]; with `f`, of f(x) in place of x. */
function addTimes(floats, { at, row, column }, rows, columns, v, factor, sums, f = (x) => x) {
  for (let i = 0; i < rows; i++) {
    let sum = 0;
    for (let j = 0, from = at + i * row; j < columns; j++, from += column) sum += f(floats[from]) * v[j];
    sums[i] += factor * sum;
  }
}

/** Rounding in single precision moves a sum of k products by no more than this share of the sum of their sizes. */
const errorOf = (k) => 1.1 * (k + 4) * 2 ** -24;
/** What is not compared: sizes that overflow on the way in single precision, or lose digits. */
const LARGEST = 1e37;
const SMALLEST = 1e-34;

/**
 * Whether c, now, is alpha a b + beta c0, as far as rounding lets one tell. Always true where the operands are not finite.
 * product: the arguments of `multiply`; c0: what c held before, row by row.
 */
function isRight(floats, [transposeA, transposeB, m, n, k, alpha, a, aStep, b, bStep, beta, c, cStep], c0) {
  const r = weights(n);
  const [left, right] = [matrix(a, aStep, transposeA), matrix(b, bStep, transposeB)];
  const [got, wanted, size] = [new Float64Array(m), new Float64Array(m), new Float64Array(m)];
  addTimes(floats, matrix(c, cStep, false), m, n, r, 1, got);
  const [through, throughSize] = [new Float64Array(k), new Float64Array(k)];
  addTimes(floats, right, k, n, r, 1, through);
  addTimes(floats, right, k, n, r, 1, throughSize, Math.abs);
  addTimes(floats, left, m, k, through, alpha, wanted);
  addTimes(floats, left, m, k, throughSize, Math.abs(alpha), size, Math.abs);
  if (beta !== 0) {
    addTimes(c0, matrix(0, n, false), m, n, r, beta, wanted);
    addTimes(c0, matrix(0, n, false), m, n, r, Math.abs(beta), size, Math.abs);
  }
  const error = errorOf(k);
  for (let i = 0; i < m; i++) {
    if (!(size[i] < LARGEST)) continue;
    if (!(Math.abs(got[i] - wanted[i]) <= error * size[i] + n * SMALLEST)) return false;
  }
  return true;
}

/** The same product in plain JavaScript: slow, and right. */
function multiplySlowly(floats, [transposeA, transposeB, m, n, k, alpha, a, aStep, b, bStep, beta, c, cStep], c0) {
  const [left, right] = [matrix(a, aStep, transposeA), matrix(b, bStep, transposeB)];
  for (let i = 0; i < m; i++) {
    for (let j = 0; j < n; j++) {
      let sum = 0;
      for (let p = 0; p < k; p++) {
        sum += floats[left.at + i * left.row + p * left.column] * floats[right.at + p * right.row + j * right.column];
      }
      floats[c / 4 + i * cStep + j] = alpha * sum + (beta === 0 ? 0 : beta * c0[i * n + j]);
    }
  }
}

function copyOf(floats, [, , m, n, , , , , , , , c, cStep]) {
  const copy = new Float32Array(m * n);
  for (let i = 0; i < m; i++) {
    const from = c / 4 + i * cStep;
    copy.set(floats.subarray(from, from + n), i * n);
  }
  return copy;
}

/**
 * `multiply` (of library.mjs), checked now and then. A product that is wrong is computed once more, and so is every later
 * one, on all threads: `fault` is the address of four words in which [1, m, n, k] is then written down.
 */
export function checked(multiply, memory, fault) {
  const words = new Int32Array(memory.buffer, fault, 4);
  const seen = new Uint8Array(KINDS);
  let calls = 0;
  return (...product) => {
    const [transposeA, transposeB, m, n, k] = product;
    const kind = kindOf(transposeA, transposeB, m, n, k);
    const isFaulty = Atomics.load(words, 0) !== 0;
    calls = (calls + 1) % EVERY;
    if (!isFaulty && seen[kind] === 1 && calls !== 0) {
      multiply(...product);
      return;
    }
    seen[kind] = 1;
    const floats = new Float32Array(memory.buffer);
    const before = product[10] === 0 ? undefined : copyOf(floats, product);
    if (!isFaulty) {
      multiply(...product);
      if (isRight(floats, product, before)) return;
      words.set([m, n, k], 1);
      Atomics.store(words, 0, 1);
    }
    multiplySlowly(floats, product, before);
  };
}
