// Convolution as a product whose right operand is never written down: a filter's element, moved over an image, sees a copy
// of the image that is shifted, and where rows follow each other in memory so do the shifted ones. What lies between the
// end of a row of the output and the beginning of the next is computed along and left out.
//
// An image is seen as channels of `phases` planes each: with a stride, every plane holds each stride-th row and column
// (phase 0 those from 0 on, phase 1 those from 1 on, …), so that a filter's element sees neighbours in one of them.

import { block, MR, NR } from "./blocks";
import { KC, MC, NC, blockAtEdge, scratch } from "./matmul";
import { pack, packShifted, packStretches } from "./pack";

/** Places of the output at a time. Half of the scratch memory's panels of b are panels here, the other half sums. */
const PLACES: i32 = NC / 2;
/** Elements of a filter at a time. */
const ELEMENTS: i32 = KC;

/** What a filter's element has to do with an image. Fields are 32 bits wide; steps in bytes. */
@unmanaged
export class Filter {
  /** Elements along the image's height and width. */
  height: i32;
  width: i32;
  /** How far the filter moves on. */
  strideHeight: i32;
  strideWidth: i32;
  /** How far its elements are from each other. */
  dilationHeight: i32;
  dilationWidth: i32;
  /** Whether its elements count from the last to the first. */
  reversed: bool;
  /** From a channel of an image to the next, from a phase to the next, from a row to the next. */
  channelStep: i32;
  phaseStep: i32;
  rowStep: i32;
  /** Elements of one output's filter: channels x height x width. */
  size: i32;
  /** From an image to the next. */
  imageStep: i32;
  outputs: i32;
  /** Rows and columns of the output. */
  rows: i32;
  columns: i32;
}

/** How far the image that an element sees is shifted. */
function shiftOf(filter: Filter, element: i32): i32 {
  const area = filter.height * filter.width;
  const channel = element / area;
  let within = element - channel * area;
  if (filter.reversed) within = area - 1 - within;
  const y = (within / filter.width) * filter.dilationHeight;
  const x = (within % filter.width) * filter.dilationWidth;
  const phase = (y % filter.strideHeight) * filter.strideWidth + (x % filter.strideWidth);
  return (
    channel * filter.channelStep + phase * filter.phaseStep +
    (y / filter.strideHeight) * filter.rowStep + (x / filter.strideWidth) * 4
  );
}

function shifts(to: usize, filter: Filter, first: i32, count: i32): void {
  for (let i = 0; i < count; i++) store<i32>(to + i * 4, shiftOf(filter, first + i));
}

// @ts-ignore: decorator
@inline function wholePanels(n: i32): i32 {
  return ((n + NR - 1) / NR) * NR;
}

/** From the output's first place to its last, with what lies between rows. */
// @ts-ignore: decorator
@inline function placesOf(filter: Filter): i32 {
  return (filter.rows - 1) * (filter.rowStep >> 2) + filter.columns;
}

/** Units are images: out[o, y, x] = bias[o] + the sum of weight[o, e] image[what element e sees from y, x]. */
export function convolve(
  begin: i32, end: i32, problem: usize, out: usize, images: usize, weight: usize, bias: usize,
): void {
  const filter = changetype<Filter>(problem);
  const places = placesOf(filter);
  if (places > PLACES) {
    for (let image = begin; image < end; image++) {
      for (let p = 0; p < places; p += PLACES) {
        convolvePlaces(filter, image, 1, p, min(PLACES, places - p), out, images, weight, bias);
      }
    }
    return;
  }
  const together = PLACES / wholePanels(places);
  for (let image = begin; image < end; image += together) {
    convolvePlaces(filter, image, min(together, end - image), 0, places, out, images, weight, bias);
  }
}

/** Some places of some images. */
function convolvePlaces(
  filter: Filter, image: i32, count: i32, first: i32, places: i32, out: usize, images: usize, weight: usize, bias: usize,
): void {
  const panelsA = scratch;
  const panelsB = panelsA + MC * KC * 4;
  const sums = panelsB + PLACES * KC * 4;
  const table = sums + MC * PLACES * 4;
  const wide = wholePanels(places);
  const all = wide * count;
  const size = filter.size;
  for (let i0 = 0; i0 < filter.outputs; i0 += MC) {
    const rows = min(MC, filter.outputs - i0);
    for (let k0 = 0; k0 < size; k0 += ELEMENTS) {
      const depth = min(ELEMENTS, size - k0);
      shifts(table, filter, k0, depth);
      for (let g = 0; g < count; g++) {
        const source = images + <usize>(image + g) * filter.imageStep + first * 4;
        for (let p = 0; p < places; p += NR) {
          packShifted(panelsB + (g * wide + p) * depth * 4, NR, source + p * 4, table, min(NR, places - p), depth);
        }
      }
      pack(panelsA, MR, weight + (<usize>i0 * size + k0) * 4, <usize>size * 4, 4, rows, depth);
      for (let j = 0; j < all; j += NR) {
        const panelB = panelsB + j * depth * 4;
        for (let i = 0; i < rows; i += MR) {
          block(depth, panelsA + i * depth * 4, panelB, sums + (i * all + j) * 4, all * 4, k0 > 0);
        }
      }
    }
    for (let g = 0; g < count; g++) {
      for (let i = 0; i < rows; i++) {
        const output = i0 + i;
        const to = out + (<usize>(image + g) * filter.outputs + output) * filter.rows * filter.columns * 4;
        const start: f32 = bias == 0 ? 0 : load<f32>(bias + output * 4);
        writeRows(filter, to, sums + (i * all + g * wide) * 4, first, places, start);
      }
    }
  }
}

/** What of the places from `first` on belongs to rows of the output. */
function writeRows(filter: Filter, to: usize, sums: usize, first: i32, places: i32, start: f32): void {
  const step = filter.rowStep >> 2;
  const more = f32x4.splat(start);
  for (let y = first / step; y < filter.rows && y * step < first + places; y++) {
    const from = max(y * step, first);
    const until = min(y * step + filter.columns, first + places);
    let x = from - y * step;
    let source = sums + (from - first) * 4;
    let target = to + (y * filter.columns + x) * 4;
    let rest = until - from;
    for (; rest >= 4; rest -= 4, source += 16, target += 16) v128.store(target, f32x4.add(v128.load(source), more));
    for (; rest > 0; rest--, source += 4, target += 4) store<f32>(target, load<f32>(source) + start);
  }
}

/**
 * Units are blocks of `height` images: sums[unit][o, e] = over the block's images, the sum of dy[o, y, x] image[what
 * element e sees from y, x]. dy has rows as far apart as the image has, with zeros between them; its outputs lie `outputStep`
 * bytes apart.
 */
export function convolveGrad(
  begin: i32, end: i32, problem: usize, height: i32, count: i32, sums: usize, dy: usize, outputStep: i32, images: usize,
): void {
  const filter = changetype<Filter>(problem);
  const all = filter.outputs * filter.size;
  for (let unit = begin; unit < end; unit++) {
    const first = unit * height;
    const last = min(count, first + height);
    for (let image = first; image < last; image++) {
      const gradient = dy + <usize>image * filter.outputs * outputStep;
      gradOfImage(
        filter, sums + <usize>unit * all * 4, gradient, outputStep, images + <usize>image * filter.imageStep, image > first,
      );
    }
  }
}

function gradOfImage(filter: Filter, sums: usize, dy: usize, outputStep: i32, image: usize, accumulate: bool): void {
  const panelsA = scratch;
  const panelsB = panelsA + MC * KC * 4;
  const beside = panelsB + NC * KC * 4;
  const table = panelsB + PLACES * KC * 4;
  const places = placesOf(filter);
  const size = filter.size;
  for (let n0 = 0; n0 < size; n0 += PLACES) {
    const columns = min(PLACES, size - n0);
    shifts(table, filter, n0, columns);
    for (let p0 = 0; p0 < places; p0 += KC) {
      const depth = min(KC, places - p0);
      const add = accumulate || p0 > 0;
      for (let j = 0; j < columns; j += NR) {
        packStretches(panelsB + j * depth * 4, NR, image + p0 * 4, table + j * 4, min(NR, columns - j), depth);
      }
      for (let i0 = 0; i0 < filter.outputs; i0 += MC) {
        const rows = min(MC, filter.outputs - i0);
        pack(panelsA, MR, dy + <usize>i0 * outputStep + p0 * 4, outputStep, 4, rows, depth);
        for (let j = 0; j < columns; j += NR) {
          const panelB = panelsB + j * depth * 4;
          const whole = columns - j >= NR;
          for (let i = 0; i < rows; i += MR) {
            const c = sums + (<usize>(i0 + i) * size + n0 + j) * 4;
            if (whole && rows - i >= MR) block(depth, panelsA + i * depth * 4, panelB, c, <usize>size * 4, add);
            else {
              const tall = min(MR, rows - i);
              const wide = min(NR, columns - j);
              blockAtEdge(depth, panelsA + i * depth * 4, panelB, c, <usize>size * 4, add, tall, wide, beside);
            }
          }
        }
      }
    }
  }
}
