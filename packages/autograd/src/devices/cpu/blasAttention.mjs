// Attention whose products are the system's BLAS's, and what lies between them the kernels' (kernels/attentionRows.ts). A
// block of queries meets all keys at once: its scores are a matrix of BLOCK numbers at most, which stays in the cache; the
// matrix of all scores is never there.

/** Scores of a block, and queries of it at most: more would compute too much that a causal mask hides. */
const BLOCK = 65536;
const MOST_QUERIES = 128;

// Words of a Problem (kernels/attention.ts), and its operands' order.
const HEADS = 0;
const QUERIES = 1;
const KEYS = 2;
const SIZE = 3;
const CAUSAL = 4;
const SCALE = 5;
const BLOCK_OF_UNIT = 6;
const OPERANDS = 13;
const [Q, K, V, OUT, DOUT, DQ, DK, DV] = [0, 1, 2, 3, 4, 5, 6, 7];

/** Reads what a call is about. */
function read(memory, address) {
  const ints = new Int32Array(memory.buffer, address, 64);
  const floats = new Float32Array(memory.buffer, address, 64);
  const at = (operand, pair, row) => {
    const word = OPERANDS + 4 * operand;
    const batch = Math.floor(pair / ints[HEADS]);
    return ints[word] + batch * ints[word + 1] + (pair % ints[HEADS]) * ints[word + 2] + row * ints[word + 3];
  };
  return {
    queries: ints[QUERIES],
    keys: ints[KEYS],
    size: ints[SIZE],
    causal: ints[CAUSAL] !== 0,
    scale: floats[SCALE],
    block: ints[BLOCK_OF_UNIT],
    at,
    step: (operand) => ints[OPERANDS + 4 * operand + 3] / 4,
  };
}

/** Queries that are worked on at a time. */
function height(keys) {
  return Math.max(8, Math.min(MOST_QUERIES, Math.floor(BLOCK / keys / 8) * 8));
}

/** Floats from a row of scores to the next: no power of two, which would put all rows into the same places of a cache. */
function stepOf(keys) {
  return Math.ceil(keys / 16) * 16 + 16;
}

/**
 * The kernels `attention` and `attentionGrad` once more.
 * multiply(transposeA, transposeB, m, n, k, alpha, a, aStep, b, bStep, beta, c, cStep): a product on addresses in `memory`,
 * steps in floats.
 */
export function attentionWith(multiply, memory, kernels) {
  const { clearRows, divideRows, gradRows, keysSeen, scratchAddress, weighRows } = kernels;

  function attend(problem, address, pair, first, count) {
    const { size, scale, at, step } = problem;
    const keys = keysSeen(address, pair, first + count);
    const width = stepOf(keys);
    const sums = scratchAddress();
    const scores = sums + 4 * MOST_QUERIES;
    if (keys > 0) {
      const [q, k] = [at(Q, pair, first), at(K, pair, 0)];
      multiply(false, true, count, keys, size, scale * Math.LOG2E, q, step(Q), k, step(K), 0, scores, width);
    }
    weighRows(address, pair, first, count, keys, scores, 4 * width, sums);
    if (keys === 0) {
      clearRows(address, OUT, pair, first, first + count);
      return;
    }
    const [v, out] = [at(V, pair, 0), at(OUT, pair, first)];
    multiply(false, false, count, size, keys, 1, scores, width, v, step(V), 0, out, step(OUT));
    divideRows(address, pair, first, count, sums);
  }

  function attention(begin, end, address) {
    const problem = read(memory, address);
    const { queries, keys, block } = problem;
    const blocks = Math.ceil(queries / block);
    const rows = height(keys);
    for (let unit = begin; unit < end; unit++) {
      const pair = Math.floor(unit / blocks);
      const i = unit % blocks;
      // From both ends in turn: where it is causal, late queries take longer.
      const from = block * (i % 2 === 1 ? blocks - 1 - (i >> 1) : i >> 1);
      const to = Math.min(from + block, queries);
      for (let first = from; first < to; first += rows) {
        attend(problem, address, pair, first, Math.min(rows, to - first));
      }
    }
  }

  /** Adds a block's part to the gradients of all keys and values it sees; `beta` is 0 where it is the first. */
  function attendGrad(problem, address, pair, first, count, keys, beta) {
    const { size, scale, at, step } = problem;
    const width = stepOf(keys);
    const weights = scratchAddress();
    const dscores = weights + 4 * count * width;
    const [q, k, v, dout] = [at(Q, pair, first), at(K, pair, 0), at(V, pair, 0), at(DOUT, pair, first)];
    const [dq, dk, dv] = [at(DQ, pair, first), at(DK, pair, 0), at(DV, pair, 0)];
    multiply(false, true, count, keys, size, scale * Math.LOG2E, q, step(Q), k, step(K), 0, weights, width);
    multiply(false, true, count, keys, size, 1, dout, step(DOUT), v, step(V), 0, dscores, width);
    gradRows(address, pair, first, count, keys, weights, dscores, 4 * width);
    multiply(true, false, keys, size, count, 1, weights, width, dout, step(DOUT), beta, dv, step(DV));
    multiply(true, false, keys, size, count, scale, dscores, width, q, step(Q), beta, dk, step(DK));
    multiply(false, false, count, size, keys, scale, dscores, width, k, step(K), 0, dq, step(DQ));
  }

  function attentionGrad(begin, end, address) {
    const problem = read(memory, address);
    const { queries, keys } = problem;
    const rows = height(keys);
    for (let pair = begin; pair < end; pair++) {
      const inUse = keysSeen(address, pair, queries);
      clearRows(address, DK, pair, inUse, keys);
      clearRows(address, DV, pair, inUse, keys);
      // From the last block on, which sees all keys that any sees: it writes, the others add.
      for (let stop = queries; stop > 0; stop -= rows) {
        const first = Math.max(0, stop - rows);
        const seen = keysSeen(address, pair, stop);
        if (seen === 0) clearRows(address, DQ, pair, first, stop);
        else attendGrad(problem, address, pair, first, stop - first, seen, stop === queries ? 0 : 1);
      }
    }
  }

  return { attention, attentionGrad };
}
