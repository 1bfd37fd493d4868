/** Kernels over whole lists of tensors: a model's parameters or gradients, in one job. */

import type { AdamWOptions, AdamWUpdate, Strided } from "../../device.ts";
import { sizeOf } from "../../shape.ts";
import { addressesOf, addressOf, BYTES } from "./addresses.ts";
import { Footprint } from "./footprint.ts";
import { allocateForHost, finish, finishedMemory, run, runTouching } from "./jobs.ts";
import { machine } from "./machine.ts";

/** Elements of a piece: what a thread takes at a time. The sum of squares depends on it, not on the threads. */
const PIECE = 8192;
/** Pieces that are worth a thread of their own. */
const GRAIN = 2;

/** Tensors that go together, and what a kernel has to know of them beside where they lie: 32-bit words. */
interface Group {
  readonly tensors: readonly Strided[];
  readonly words?: ArrayLike<number>;
}

/** Cuts groups of tensors into pieces, writes them where a kernel finds them, and calls it with the address. */
function withPieces(groups: readonly Group[], call: (pieces: number, count: number) => void): void {
  const numbers: number[] = [];
  let count = 0;
  for (const { tensors, words = [] } of groups) {
    const size = sizeOf(tensors[0].shape);
    const addresses = tensors.map(addressOf);
    for (let start = 0; start < size; start += PIECE) {
      for (const address of addresses) numbers.push(address + start * BYTES);
      numbers.push(Math.min(PIECE, size - start));
      for (let i = 0; i < words.length; i++) numbers.push(words[i]);
      count++;
    }
  }
  const pieces = allocateForHost(Math.max(1, numbers.length) * BYTES);
  const { memory } = machine();
  memory.ints.set(numbers, pieces / BYTES);
  try {
    call(pieces, count);
  } finally {
    memory.release(pieces);
  }
}

type Settings = Omit<AdamWOptions, "step">;

/** The constants of a step that all parameters share, in the kernels' order; undefined where nothing is to be changed. */
function constants({ lr, beta1, beta2, eps, weightDecay, gradScale }: Settings) {
  const scale =
    typeof gradScale === "number" ? gradScale : finishedMemory(gradScale).floats[addressOf(gradScale) / BYTES];
  if (typeof gradScale !== "number" && !(scale > 0)) return undefined;
  return [beta1, 1 - beta1, beta2, 1 - beta2, eps, 1 - lr * weightDecay, scale] as const;
}

/** What the number of a parameter's step decides: the learning rate over the bias of one average, 1 over the other's. */
function corrections({ lr, beta1, beta2 }: Settings, step: number): [rate: number, correction: number] {
  return [lr / (1 - beta1 ** step), 1 / (1 - beta2 ** step)];
}

export function adamW(p: Strided, grad: Strided, m: Strided, v: Strided, options: AdamWOptions): void {
  const shared = constants(options);
  if (shared === undefined) return;
  const footprint = new Footprint().reads(grad).writes(p, m, v);
  const numbers = [...shared, ...corrections(options, options.step)] as const;
  runTouching(footprint, "adamW", sizeOf(p.shape), GRAIN * PIECE, ...addressesOf(p, grad, m, v), ...numbers);
}

export function adamWAll(updates: readonly AdamWUpdate[], options: Settings): void {
  const shared = constants(options);
  if (shared === undefined) return;
  const groups = updates.map(({ p, grad, m, v, step }) => ({
    tensors: [p, grad, m, v],
    words: new Int32Array(Float32Array.from(corrections(options, step)).buffer),
  }));
  withPieces(groups, (pieces, count) => run("adamWAll", count, GRAIN, pieces, ...shared));
}

export function sumOfSquares(out: Strided, tensors: readonly Strided[]): void {
  const groups = tensors.map((x) => ({ tensors: [x] }));
  withPieces(groups, (pieces, count) => {
    const { memory } = machine();
    const sums = memory.allocate(Math.max(1, count) * 8);
    run("sumSquares", count, GRAIN, pieces, sums);
    finish();
    let total = 0;
    for (const sum of new Float64Array(memory.memory.buffer, sums, count)) total += sum;
    memory.floats[addressOf(out) / BYTES] = total;
    memory.release(sums);
  });
}
