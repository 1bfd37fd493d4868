import type { Lanes, Strided } from "../../device.ts";
import { elements, output } from "./elements.ts";

/** Errors: an index outside the axis. */
function checkIndices(kernel: string, indices: ArrayLike<number>, size: number): void {
  for (let i = 0; i < indices.length; i++) {
    if (indices[i] < 0 || indices[i] >= size) {
      throw new RangeError(
        size === 0
          ? `${kernel}: index ${indices[i]} into an axis of size 0`
          : `${kernel}: index ${indices[i]} is outside 0 … ${size - 1}`,
      );
    }
  }
}

export function gather(out: Strided, x: Strided, index: Strided, lanes: Lanes, count: number): void {
  const { outer, size, inner } = lanes;
  const xs = elements(x);
  const indices = elements(index);
  const ys = output(out);
  checkIndices("gather", indices, size);
  for (let o = 0; o < outer; o++) {
    for (let j = 0; j < count; j++) {
      for (let i = 0; i < inner; i++) {
        const at = (o * count + j) * inner + i;
        ys[at] = xs[(o * size + indices[at]) * inner + i];
      }
    }
  }
}

export function scatterAdd(out: Strided, index: Strided, x: Strided, lanes: Lanes, count: number): void {
  const { outer, size, inner } = lanes;
  const xs = elements(x);
  const indices = elements(index);
  const ys = output(out);
  checkIndices("scatterAdd", indices, size);
  for (let o = 0; o < outer; o++) {
    for (let j = 0; j < count; j++) {
      for (let i = 0; i < inner; i++) {
        const at = (o * count + j) * inner + i;
        ys[(o * size + indices[at]) * inner + i] += xs[at];
      }
    }
  }
}

export function indexSelect(out: Strided, x: Strided, index: Strided, lanes: Lanes): void {
  const { outer, size, inner } = lanes;
  const xs = elements(x);
  const indices = elements(index);
  const ys = output(out);
  checkIndices("indexSelect", indices, size);
  for (let o = 0; o < outer; o++) {
    for (let j = 0; j < indices.length; j++) {
      const from = (o * size + indices[j]) * inner;
      const to = (o * indices.length + j) * inner;
      for (let i = 0; i < inner; i++) ys[to + i] = xs[from + i];
    }
  }
}

export function indexAdd(out: Strided, index: Strided, x: Strided, lanes: Lanes): void {
  const { outer, size, inner } = lanes;
  const xs = elements(x);
  const indices = elements(index);
  const ys = output(out);
  checkIndices("indexAdd", indices, size);
  for (let o = 0; o < outer; o++) {
    for (let j = 0; j < indices.length; j++) {
      const from = (o * indices.length + j) * inner;
      const to = (o * size + indices[j]) * inner;
      for (let i = 0; i < inner; i++) ys[to + i] += xs[from + i];
    }
  }
}
