// The system's BLAS, called straight on the WebAssembly memory; in plain JavaScript because workers use it too. Node only.

import { attentionWith } from "./blasAttention.mjs";
import { checked } from "./productCheck.mjs";

const ROW_MAJOR = 101;
const NOT_TRANSPOSED = 111;
const TRANSPOSED = 112;
const SGEMM =
  "void cblas_sgemm(int, int, int, int, int, int, float, intptr_t, int, intptr_t, int, float, intptr_t, int)";

/**
 * Opens a library by name. Gives its matrix product (see `multiplyWith`) on a memory, and a name for it. Errors: no koffi, no
 * such library, a library without what is needed.
 */
export function openProducts(name, memory) {
  const { createRequire } = process.getBuiltinModule("node:module");
  const koffi = createRequire(import.meta.url)("koffi");
  const library = koffi.load(name);
  const sgemm = library.func(SGEMM);
  // Accelerate has no such function, and threads of its own that nobody else can set.
  const accelerate = name.includes("Accelerate");
  let description = "Accelerate";
  if (!accelerate) {
    // Our threads share the work out; the library's own would only be in their way.
    library.func("void openblas_set_num_threads(int)")(1);
    description = library.func("const char *openblas_get_config()")()?.trim() || name;
  }
  // A shared memory stays where it is when it grows.
  const base = Number(koffi.address(new Uint8Array(memory.buffer, 0, 8)));
  return { description, ownThreads: accelerate, multiply: multiplyWith(sgemm, base) };
}

/**
 * Opens a library and gives kernels with the same arguments as those of kernels/ that compute with its matrix product.
 * kernels: this thread's WebAssembly module; fault: where it is written down that a product was wrong (productCheck.mjs).
 */
export function openLibrary(name, memory, kernels, fault) {
  const { description, ownThreads, multiply } = openProducts(name, memory);
  const checkedMultiply = checked(multiply, memory, fault);
  const { attention, attentionGrad } = attentionWith(checkedMultiply, memory, kernels);
  return {
    description,
    ownThreads,
    kernels: {
      blasMatmul: productWith(checkedMultiply, memory),
      blasAttention: attention,
      blasAttentionGrad: attentionGrad,
    },
  };
}

/** c = alpha a b + beta c for matrices in rows, on addresses in the memory that begins at `base`; steps in floats. */
function multiplyWith(sgemm, base) {
  return (transposeA, transposeB, m, n, k, alpha, a, aStep, b, bStep, beta, c, cStep) => {
    const [ta, tb] = [transposeA ? TRANSPOSED : NOT_TRANSPOSED, transposeB ? TRANSPOSED : NOT_TRANSPOSED];
    sgemm(ROW_MAJOR, ta, tb, m, n, k, alpha, base + a, aStep, base + b, bStep, beta, base + c, cStep);
  };
}

function productWith(multiply, memory) {
  return (begin, end, m, n, k, axes, tileM, tileN, out, a, aRow, aColumn, b, bRow, bColumn, accumulate) => {
    const tilesM = Math.ceil(m / tileM);
    const tilesN = Math.ceil(n / tileN);
    const description = new Uint32Array(memory.buffer, axes, 64);
    const aTransposed = aColumn !== 4;
    const bTransposed = bColumn !== 4;
    // Where there is but one row the step to the next may be anything, which the library would not accept.
    const aStep = Math.max((aTransposed ? aColumn : aRow) / 4, aTransposed ? m : k);
    const bStep = Math.max((bTransposed ? bColumn : bRow) / 4, bTransposed ? k : n);
    for (let unit = begin; unit < end; unit++) {
      const batch = Math.floor(unit / (tilesM * tilesN));
      const tile = unit - batch * tilesM * tilesN;
      const i = Math.floor(tile / tilesN) * tileM;
      const j = (tile % tilesN) * tileN;
      multiply(
        aTransposed,
        bTransposed,
        Math.min(tileM, m - i),
        Math.min(tileN, n - j),
        k,
        1,
        a + offsetOf(batch, description, 0) + i * aRow,
        aStep,
        b + offsetOf(batch, description, 1) + j * bColumn,
        bStep,
        Number(accumulate),
        out + ((batch * m + i) * n + j) * 4,
        n,
      );
    }
  };
}

/** As `rowOffset` in kernels/elementwise.ts. */
function offsetOf(index, description, operand) {
  const rank = description[0];
  const strides = 1 + rank + operand * (rank + 1);
  let offset = 0;
  let rest = index;
  for (let axis = rank - 1; axis >= 0; axis--) {
    const size = description[1 + axis];
    offset += (rest % size) * description[strides + axis];
    rest = Math.floor(rest / size);
  }
  return offset;
}
