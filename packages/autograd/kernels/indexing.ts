// Kernels led by indices. They were checked before by `firstOutside`.

/** Position of the first index outside 0 … size - 1, or -1; `ignored` is let through. */
export function firstOutside(index: usize, count: i32, size: i32, ignored: i32): i32 {
  for (let i = 0; i < count; i++) {
    const value = load<i32>(index + i * 4);
    if (<u32>value >= <u32>size && value != ignored) return i;
  }
  return -1;
}

/** Units are rows [o, j] of `inner` elements. */
export function gather(
  begin: i32, end: i32, size: i32, inner: i32, count: i32, out: usize, x: usize, index: usize,
): void {
  for (let r = begin; r < end; r++) {
    const o = r / count;
    for (let i = 0; i < inner; i++) {
      const at = <usize>(r * inner + i) * 4;
      store<i32>(out + at, load<i32>(x + ((o * size + load<i32>(index + at)) * inner + i) * 4));
    }
  }
}

/** Units are lanes [o, i], each in the order of j. */
export function scatterAdd(
  begin: i32, end: i32, integer: bool, size: i32, inner: i32, count: i32, out: usize, index: usize, x: usize,
): void {
  for (let lane = begin; lane < end; lane++) {
    const o = lane / inner;
    const i = lane - o * inner;
    for (let j = 0; j < count; j++) {
      const at = <usize>((o * count + j) * inner + i) * 4;
      const y = out + ((o * size + load<i32>(index + at)) * inner + i) * 4;
      if (integer) store<i32>(y, load<i32>(y) + load<i32>(x + at));
      else store<f32>(y, load<f32>(y) + load<f32>(x + at));
    }
  }
}

/** Units are rows [o, j]. */
export function indexSelect(
  begin: i32, end: i32, size: i32, inner: i32, count: i32, out: usize, x: usize, index: usize,
): void {
  for (let r = begin; r < end; r++) {
    const o = r / count;
    const from = x + (o * size + load<i32>(index + (r - o * count) * 4)) * inner * 4;
    const to = out + r * inner * 4;
    let i = 0;
    for (; i + 4 <= inner; i += 4) v128.store(to + i * 4, v128.load(from + i * 4));
    for (; i < inner; i++) store<i32>(to + i * 4, load<i32>(from + i * 4));
  }
}

/** Units are blocks of 16 of the `inner` elements of each o, so that no two threads add to the same element. */
export function indexAdd(
  begin: i32, end: i32, integer: bool, size: i32, inner: i32, count: i32, out: usize, index: usize, x: usize,
): void {
  const blocks = (inner + 15) >> 4;
  let unit = begin;
  while (unit < end) {
    // As many blocks of one o as there are go together: rows are then read from one end to the other.
    const o = unit / blocks;
    const first = (unit - o * blocks) << 4;
    const next = min(end, (o + 1) * blocks);
    const last = min((next - o * blocks) << 4, inner);
    for (let j = 0; j < count; j++) {
      const y = out + (o * size + load<i32>(index + j * 4)) * inner * 4;
      const from = x + (o * count + j) * inner * 4;
      let i = first;
      if (integer) {
        for (; i < last; i++) store<i32>(y + i * 4, load<i32>(y + i * 4) + load<i32>(from + i * 4));
        continue;
      }
      for (; i + 4 <= last; i += 4) v128.store(y + i * 4, f32x4.add(v128.load(y + i * 4), v128.load(from + i * 4)));
      for (; i < last; i++) store<f32>(y + i * 4, load<f32>(y + i * 4) + load<f32>(from + i * 4));
    }
    unit = next;
  }
}

/** Units are rows [b, t]: a token's row and its position's. */
export function embed(
  begin: i32, end: i32, width: i32, time: i32, out: usize, weight: usize, positions: usize, tokens: usize,
): void {
  const whole = width & ~3;
  for (let r = begin; r < end; r++) {
    const row = weight + <usize>load<i32>(tokens + <usize>r * 4) * width * 4;
    const position = positions + <usize>(r % time) * width * 4;
    const to = out + <usize>r * width * 4;
    let i = 0;
    for (; i < whole; i += 4) v128.store(to + i * 4, f32x4.add(v128.load(row + i * 4), v128.load(position + i * 4)));
    for (; i < width; i++) store<f32>(to + i * 4, load<f32>(row + i * 4) + load<f32>(position + i * 4));
  }
}

/** Adds elements first … last - 1 of a row to those of another. */
// @ts-ignore: decorator
@inline function addPart(to: usize, from: usize, first: i32, last: i32): void {
  let i = first;
  for (; i + 4 <= last; i += 4) v128.store(to + i * 4, f32x4.add(v128.load(to + i * 4), v128.load(from + i * 4)));
  for (; i < last; i++) store<f32>(to + i * 4, load<f32>(to + i * 4) + load<f32>(from + i * 4));
}

/** Units are blocks of 16 of the width, as in `indexAdd`; 0 in place of an address that is not wanted. */
export function embedGrad(
  begin: i32, end: i32, width: i32, time: i32, rows: i32, dweight: usize, dpositions: usize, dy: usize, tokens: usize,
): void {
  const first = begin << 4;
  const last = min(end << 4, width);
  for (let r = 0; r < rows; r++) {
    const from = dy + <usize>r * width * 4;
    if (dweight) addPart(dweight + <usize>load<i32>(tokens + <usize>r * 4) * width * 4, from, first, last);
    if (dpositions) addPart(dpositions + <usize>(r % time) * width * 4, from, first, last);
  }
}
