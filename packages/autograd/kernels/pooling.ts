// The largest elements of windows that slide over planes, rows of an image. Beyond the edge nothing wins.

/**
 * Units are planes of `height` x `width`: out[y, x] = the largest element of the window at y, x, places[y, x] (int32) = where in
 * the plane it lies; the first of equal ones, a NaN before all numbers. Of a window beyond the edge, -Infinity and -1.
 */
export function maxPool(
  begin: i32, end: i32, height: i32, width: i32, sizeY: i32, sizeX: i32, strideY: i32, strideX: i32, padY: i32, padX: i32,
  dilationY: i32, dilationX: i32, rows: i32, columns: i32, out: usize, places: usize, x: usize,
): void {
  for (let unit = begin; unit < end; unit++) {
    const plane = x + <usize>unit * height * width * 4;
    let to = <usize>unit * rows * columns * 4;
    for (let row = 0; row < rows; row++) {
      for (let column = 0; column < columns; column++, to += 4) {
        let best: f32 = -Infinity;
        let place = -1;
        for (let i = 0; i < sizeY; i++) {
          const y = row * strideY - padY + i * dilationY;
          if (<u32>y >= <u32>height) continue;
          for (let j = 0; j < sizeX; j++) {
            const at = column * strideX - padX + j * dilationX;
            if (<u32>at >= <u32>width) continue;
            const value = load<f32>(plane + (y * width + at) * 4);
            if (place < 0 || value > best || (value != value && best == best)) {
              best = value;
              place = y * width + at;
            }
          }
        }
        store<f32>(out + to, best);
        store<i32>(places + to, place);
      }
    }
  }
}

/** Units are planes of `size` elements: dx = 0, then dx[places[i]] += dy[i] for the plane's `count` windows, in their order. */
export function maxPoolGrad(begin: i32, end: i32, size: i32, count: i32, dx: usize, dy: usize, places: usize): void {
  for (let unit = begin; unit < end; unit++) {
    const plane = dx + <usize>unit * size * 4;
    memory.fill(plane, 0, size * 4);
    const from = <usize>unit * count * 4;
    for (let i = 0; i < count; i++) {
      const place = load<i32>(places + from + i * 4);
      if (place < 0) continue;
      const to = plane + place * 4;
      store<f32>(to, load<f32>(to) + load<f32>(dy + from + i * 4));
    }
  }
}
