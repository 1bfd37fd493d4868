// Attention whose products are the system's BLAS's, and what lies between them the kernels' (kernels/attentionRows.ts). A
// block of queries meets all keys at once: its scores are a matrix of BLOCK numbers at most, which stays in the cache; the
// matrix of all scores is never there.

import { Operand, Problem, Slot } from "./generated/interface.mjs";

/** Scores of a block, and queries of it at most: more would compute too much that a causal mask hides. */
const BLOCK = 65536;
const MOST_QUERIES = 128;

/** Reads what a call is about. */
function read(memory, address) {
  // Unsigned: addresses lie beyond 2 GiB too.
  const ints = new Uint32Array(memory.buffer, address, 64);
  const floats = new Float32Array(memory.buffer, address, 64);
  const heads = ints[Problem.heads];
  const wordOf = (slot) => Problem.words + slot * Operand.words;
  const at = (slot, pair, row) => {
    const word = wordOf(slot);
    const batch = Math.floor(pair / heads);
    const start = ints[word + Operand.address] + batch * ints[word + Operand.batch];
    return start + (pair % heads) * ints[word + Operand.head] + row * ints[word + Operand.row];
  };
  return {
    queries: ints[Problem.queries],
    keys: ints[Problem.keys],
    size: ints[Problem.size],
    causal: ints[Problem.causal] !== 0,
    scale: floats[Problem.scale],
    block: ints[Problem.block],
    at,
    step: (slot) => ints[wordOf(slot) + Operand.row] / 4,
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
      const [q, k] = [at(Slot.q, pair, first), at(Slot.k, pair, 0)];
      multiply(false, true, count, keys, size, scale * Math.LOG2E, q, step(Slot.q), k, step(Slot.k), 0, scores, width);
    }
    weighRows(address, pair, first, count, keys, scores, 4 * width, sums);
    if (keys === 0) {
      clearRows(address, Slot.out, pair, first, first + count);
      return;
    }
    const [v, out] = [at(Slot.v, pair, 0), at(Slot.out, pair, first)];
    multiply(false, false, count, size, keys, 1, scores, width, v, step(Slot.v), 0, out, step(Slot.out));
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
    const [q, k, v, dout] = [
      at(Slot.q, pair, first),
      at(Slot.k, pair, 0),
      at(Slot.v, pair, 0),
      at(Slot.dout, pair, first),
    ];
    const [dq, dk, dv] = [at(Slot.dq, pair, first), at(Slot.dk, pair, 0), at(Slot.dv, pair, 0)];
    multiply(false, true, count, keys, size, scale * Math.LOG2E, q, step(Slot.q), k, step(Slot.k), 0, weights, width);
    multiply(false, true, count, keys, size, 1, dout, step(Slot.dout), v, step(Slot.v), 0, dscores, width);
    gradRows(address, pair, first, count, keys, weights, dscores, 4 * width);
    multiply(true, false, keys, size, count, 1, weights, width, dout, step(Slot.dout), beta, dv, step(Slot.dv));
    multiply(true, false, keys, size, count, scale, dscores, width, q, step(Slot.q), beta, dk, step(Slot.dk));
    multiply(false, false, count, size, keys, scale, dscores, width, k, step(Slot.k), 0, dq, step(Slot.dq));
  }

  function attentionGrad(begin, end, address) {
    const problem = read(memory, address);
    const { queries, keys } = problem;
    const rows = height(keys);
    for (let pair = begin; pair < end; pair++) {
      const inUse = keysSeen(address, pair, queries);
      clearRows(address, Slot.dk, pair, inUse, keys);
      clearRows(address, Slot.dv, pair, inUse, keys);
      // From the last block on, which sees all keys that any sees: it writes, the others add.
      for (let stop = queries; stop > 0; stop -= rows) {
        const first = Math.max(0, stop - rows);
        const seen = keysSeen(address, pair, stop);
        if (seen === 0) clearRows(address, Slot.dq, pair, first, stop);
        else attendGrad(problem, address, pair, first, stop - first, seen, stop === queries ? 0 : 1);
      }
    }
  }

  return { attention, attentionGrad };
}
