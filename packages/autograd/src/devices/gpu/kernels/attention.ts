import type { AttentionOptions, Strided } from "../../../device.ts";
import { rowMajorStrides, sizeOf } from "../../../shape.ts";
import type { WgslSpec } from "../backend.ts";
import type { Argument, Box, Runtime } from "../runtime.ts";
import { boxOf, store } from "../store.ts";
import { attentionForward, attentionKeyGrad, attentionQueryGrad, roundedSize, TILE } from "../wgsl/attention.ts";
import { COPY } from "./elementwise.ts";
import { map, mapped, operandOf } from "./map.ts";
import { element, PLAIN, reduceLanes } from "./reduce.ts";

/** A GPU allows so many groups of threads along an axis. */
const MAX_HEADS = 2 ** 16 - 1;

/** Where an operand begins, and its strides along batch, heads and rows. */
const placeOf = (x: Pick<Strided, "offset" | "strides">): number[] => [x.offset, ...x.strides.slice(0, 3)];

/** A result before it is stored: in the storage's own layout where it is all of it, else row by row. */
interface Target {
  readonly length: number;
  readonly place: number[];
}

function targetOf(x: Strided): Target {
  const size = sizeOf(x.shape);
  if (coversStorage(x)) return { length: size, place: placeOf(x) };
  return { length: size, place: placeOf({ offset: 0, strides: rowMajorStrides(x.shape) }) };
}

/** True where a view shows every element of its storage, in whatever order. */
function coversStorage(x: Strided): boolean {
  return x.offset === 0 && sizeOf(x.shape) === x.storage.length;
}

function keep(runtime: Runtime, out: Strided, result: Box): void {
  if (coversStorage(out)) runtime.replace(boxOf(out), result);
  else store(runtime, out, result);
}

const specs = new Map<string, WgslSpec>();

/** Makes the text of a kernel once. */
function cached(make: (size: number, masked: boolean) => WgslSpec) {
  return (size: number, mask: Strided | undefined): WgslSpec => {
    const key = `${make.name} ${roundedSize(size)} ${mask !== undefined}`;
    let spec = specs.get(key);
    if (spec === undefined) {
      spec = make(size, mask !== undefined);
      specs.set(key, spec);
    }
    return spec;
  };
}

const forward = cached(attentionForward);
const queryGrad = cached(attentionQueryGrad);
const keyGrad = cached(attentionKeyGrad);

/** What all three kernels are told first. */
function sizesOf(q: Strided, k: Strided, { causal, scale }: AttentionOptions): number[] {
  const [batch, heads, queries, size] = q.shape;
  if (batch * heads > MAX_HEADS) {
    throw new RangeError(
      `attention: ${batch} sequences of ${heads} heads are more than ${MAX_HEADS} at once: use smaller batches`,
    );
  }
  return [queries, k.shape[2], size, heads, causal ? 1 : 0, scale, Number.NEGATIVE_INFINITY];
}

const maskBox = (mask: Strided | undefined): Box[] => (mask ? [boxOf(mask)] : []);
const maskPlace = (mask: Strided | undefined): number[] => (mask ? placeOf(mask) : [0, 0, 0, 0]);
const maskColumn = (mask: Strided | undefined): number => (mask ? mask.strides[3] : 0);

export function attention(
  runtime: Runtime,
  out: Strided,
  lse: Strided,
  q: Strided,
  k: Strided,
  v: Strided,
  options: AttentionOptions,
): void {
  const [batch, heads, queries, size] = q.shape;
  const { mask } = options;
  if (sizeOf(lse.shape) === 0) return;
  const { length, place } = targetOf(out);
  const args: Argument[] = [boxOf(q), boxOf(k), boxOf(v), ...maskBox(mask), ...sizesOf(q, k, options)];
  args.push(...placeOf(q), ...placeOf(k), ...placeOf(v), ...maskPlace(mask), ...place, maskColumn(mask), 0);
  const groups = [Math.ceil(queries / TILE), 1, batch * heads];
  const [result, sums] = runtime.launchWgsl(forward(size, mask), groups, [length, sizeOf(lse.shape)], args);
  keep(runtime, out, result);
  store(runtime, lse, sums);
}

const PRODUCT = {
  product(x: number, y: number) {
    return x * y;
  },
};

/** delta[query] = sum(dout * out): what the mean of the gradients of a query's weights comes to. */
function deltasOf(runtime: Runtime, dout: Strided, out: Strided): Box {
  const products = mapped(runtime, PRODUCT, out.shape, [operandOf(dout), operandOf(out)]);
  const [size] = out.shape.slice(-1);
  const lanes = { outer: sizeOf(out.shape) / size, size, inner: 1 };
  const deltas = reduceLanes(runtime, PLAIN.sum, "sum", [element(products)], lanes);
  runtime.free(products);
  return deltas;
}

export function attentionGrad(
  runtime: Runtime,
  dq: Strided,
  dk: Strided,
  dv: Strided,
  dout: Strided,
  out: Strided,
  lse: Strided,
  q: Strided,
  k: Strided,
  v: Strided,
  options: AttentionOptions,
): void {
  const [batch, heads, queries, size] = q.shape;
  const keys = k.shape[2];
  const { mask } = options;
  if (sizeOf(q.shape) === 0 || sizeOf(k.shape) === 0) return;
  const deltas = deltasOf(runtime, dout, out);
  const common = [boxOf(q), boxOf(k), boxOf(v), boxOf(dout), boxOf(lse), deltas, ...maskBox(mask)];
  const numbers = [...sizesOf(q, k, options), ...[q, k, v, dout].flatMap(placeOf), ...maskPlace(mask)];
  const last = [maskColumn(mask), lse.offset];
  const groups = (count: number) => [Math.ceil(count / TILE), 1, batch * heads];

  // Where the three gradients are parts of one storage, and all there is in it, they are written as they lie there.
  const packed = isPacked(dq, dk, dv);
  const target = packed ? { length: dq.storage.length, place: placeOf(dq) } : targetOf(dq);
  const queryArgs = [...common, ...numbers, ...target.place, ...last];
  const [gradient] = runtime.launchWgsl(queryGrad(size, mask), groups(queries), [target.length], queryArgs);
  if (packed) {
    const keyArgs = [...common, gradient, ...numbers, ...placeOf(dk), ...placeOf(dv), ...last];
    runtime.launchWgsl(keyGrad(size, mask), groups(keys), [], keyArgs);
    runtime.replace(boxOf(dq), gradient);
  } else {
    keep(runtime, dq, gradient);
    const strides = rowMajorStrides(dk.shape);
    const length = sizeOf(dk.shape);
    const places = [0, length].flatMap((offset) => placeOf({ offset, strides }));
    const keyArgs = [...common, ...numbers, ...places, ...last];
    const [both] = runtime.launchWgsl(keyGrad(size, mask), groups(keys), [2 * length], keyArgs);
    map(runtime, COPY, dk, [{ box: both, offset: 0, strides }]);
    map(runtime, COPY, dv, [{ box: both, offset: length, strides }]);
    runtime.free(both);
  }
  runtime.free(deltas);
}

/** True where the three gradients are parts of one storage, and all there is in it. */
function isPacked(dq: Strided, dk: Strided, dv: Strided): boolean {
  const elements = sizeOf(dq.shape) + sizeOf(dk.shape) + sizeOf(dv.shape);
  return dq.storage === dk.storage && dk.storage === dv.storage && elements === dq.storage.length;
}
