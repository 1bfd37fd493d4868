import type { Strided } from "../../../device.ts";
import { sizeOf } from "../../../shape.ts";
import { QUOTIENT } from "../helpers.ts";
import type { KernelSpec } from "../kernel.ts";
import { carries, carrySizes, mergeAxes } from "../layout.ts";
import type { Runtime } from "../runtime.ts";
import { boxOf, store } from "../store.ts";

/**
 * The matrix product. For two plain matrices it would be the kernel that every course on GPUs begins with, one thread for
 * each element of the result:
 *
 *     function matmul(a, b, k, n) {
 *       let sum = 0;
 *       for (let p = 0; p < k; p++) {
 *         sum += a[this.thread.y * k + p] * b[p * n + this.thread.x];
 *       }
 *       return sum;
 *     }
 *
 * What the one below adds: any strides, so that a transposed operand needs no copy; batches, whose rows are numbered
 * through (a GPU allows 65,535 groups of threads along an axis, so row numbers go on along z); and adding to what is there.
 */
function matmulKernel(batchRank: number, accumulate: boolean): KernelSpec {
  const key = `matmul (${batchRank} batch axes${accumulate ? ", added" : ""})`;
  let spec = specs.get(key);
  if (spec !== undefined) return spec;
  const sizes = Array.from({ length: batchRank - 1 }, (_, i) => `n${i}`);
  const strides = (name: string) => Array.from({ length: batchRank }, (_, i) => `${name}Batch${i}`);
  const place = (name: string) =>
    [`${name}At`, ...strides(name).map((stride, i) => `asInt(batch${i}) * ${stride}`)].join(" + ");
  const carried = sizes.map((size, i) => `const batch${i + 1} = quotient(asInt(batch${i}), ${size});`);
  const ints = ["m", "n", "k", "aRow", "aInner", "bInner", "bColumn", ...sizes];
  ints.push("aAt", ...strides("a"), "bAt", ...strides("b"), ...(accumulate ? ["oldAt"] : []));
  const arrays = ["a", "b", ...(accumulate ? ["old"] : [])];
  spec = {
    name: key,
    source: `function matmul(${[...arrays, ...ints].join(", ")}) {
      const batch0 = quotient(this.thread.y + this.thread.z * ${ROWS_ALONG_Y}, m);
      const row = remainder(this.thread.y + this.thread.z * ${ROWS_ALONG_Y}, m);
      ${carried.join("\n      ")}
      let sum = 0;
      for (let p = 0; p < k; p++) {
        sum += a[${place("a")} + asInt(row) * aRow + p * aInner] * b[${place("b")} + p * bInner + this.thread.x * bColumn];
      }
      return sum${accumulate ? ` + old[oldAt + (this.thread.y + this.thread.z * ${ROWS_ALONG_Y}) * n + this.thread.x]` : ""};
    }`,
    types: [...arrays.map((): "array" => "array"), ...ints.map((): "int" => "int")],
    helpers: QUOTIENT,
    axes: 3,
  };
  specs.set(key, spec);
  return spec;
}

const specs = new Map<string, KernelSpec>();
const ROWS_ALONG_Y = 2 ** 18;

export function matmul(runtime: Runtime, out: Strided, a: Strided, b: Strided, accumulate: boolean): void {
  if (sizeOf(out.shape) === 0) return;
  const rank = out.shape.length;
  const [m, n] = out.shape.slice(-2);
  const k = a.shape[rank - 1];
  const batch = out.shape.slice(0, -2);
  const merged = mergeAxes(batch, [a.strides.slice(0, -2), b.strides.slice(0, -2)]);
  const rows = sizeOf(batch) * m;
  const threads = [n, Math.min(rows, ROWS_ALONG_Y), Math.ceil(rows / ROWS_ALONG_Y)];
  const args = [
    boxOf(a),
    boxOf(b),
    ...(accumulate ? [boxOf(out)] : []),
    ...[m, n, k, a.strides[rank - 2], a.strides[rank - 1], b.strides[rank - 2], b.strides[rank - 1]],
    ...carrySizes(merged.shape),
    ...[a.offset, ...carries(merged.shape, merged.strides[0])],
    ...[b.offset, ...carries(merged.shape, merged.strides[1])],
    ...(accumulate ? [out.offset] : []),
  ];
  store(runtime, out, runtime.launch(matmulKernel(merged.shape.length, accumulate), threads, args));
}
