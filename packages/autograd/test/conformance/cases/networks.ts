import type { Device, FilterOptions, PoolOptions, Strided } from "../../../src/device.ts";
import { sizeOf } from "../../../src/shape.ts";
import { type Case, defineCase } from "../check.ts";
import { blank } from "../operands.ts";

/** Kernels of the networks before transformers; where a device (the reference) has none, they are computed here, by their formulas. */

/** A row-major operand's numbers. */
const read = (device: Device, { storage, shape, offset }: Strided): number[] =>
  Array.from(device.downloadSync(storage, offset, sizeOf(shape)));

const write = (device: Device, { storage, offset }: Strided, values: readonly number[]): void =>
  device.upload(storage, values, offset);

/** What each element of a filter sees of an image from place 0 on, as an index into the image. */
function seenBy(
  { size, stride, dilation, reversed }: FilterOptions,
  [, channels, phases, height, width]: readonly number[],
) {
  const area = size[0] * size[1];
  return Array.from({ length: channels * area }, (_, element) => {
    const within = reversed ? area - 1 - (element % area) : element % area;
    const [y, x] = [Math.floor(within / size[1]) * dilation[0], (within % size[1]) * dilation[1]];
    const phase = (y % stride[0]) * stride[1] + (x % stride[1]);
    const plane = Math.floor(element / area) * phases + phase;
    return (plane * height + Math.floor(y / stride[0])) * width + Math.floor(x / stride[1]);
  });
}

function convolve(
  device: Device,
  out: Strided,
  images: Strided,
  weight: Strided,
  bias: Strided | undefined,
  options: FilterOptions,
): void {
  if (device.convolve !== undefined) {
    device.convolve(out, images, weight, bias, options);
    return;
  }
  const [seen, w, b] = [images, weight, bias].map((x) => (x === undefined ? [] : read(device, x)));
  const places = seenBy(options, images.shape);
  const [batch, outputs, rows, columns] = out.shape;
  const [image, width] = [sizeOf(images.shape) / batch, images.shape[4]];
  const values = Array.from({ length: sizeOf(out.shape) }, (_, at) => {
    const [x, y] = [at % columns, Math.floor(at / columns) % rows];
    const output = Math.floor(at / (columns * rows)) % outputs;
    const from = Math.floor(at / (columns * rows * outputs)) * image + y * width + x;
    return places.reduce((sum, place, e) => sum + w[output * places.length + e] * seen[from + place], b[output] ?? 0);
  });
  write(device, out, values);
}

function convolveGrad(device: Device, dweight: Strided, dy: Strided, images: Strided, options: FilterOptions): void {
  if (device.convolveGrad !== undefined) {
    device.convolveGrad(dweight, dy, images, options);
    return;
  }
  const [seen, gradient] = [images, dy].map((x) => read(device, x));
  const places = seenBy(options, images.shape);
  const [batch, outputs, rows, width] = dy.shape;
  const image = sizeOf(images.shape) / batch;
  const values = new Array<number>(outputs * places.length).fill(0);
  for (let at = 0; at < gradient.length; at++) {
    if (at % width >= options.columns) continue;
    const output = Math.floor(at / (width * rows)) % outputs;
    const from = Math.floor(at / (width * rows * outputs)) * image + (at % (rows * width));
    for (const [e, place] of places.entries()) values[output * places.length + e] += gradient[at] * seen[from + place];
  }
  write(device, dweight, values);
}

function maxPool(device: Device, out: Strided, places: Strided, x: Strided, options: PoolOptions): void {
  if (device.maxPool !== undefined) {
    device.maxPool(out, places, x, options);
    return;
  }
  const { size, stride, padding, dilation } = options;
  const values = read(device, x);
  const [planes, height, width] = x.shape;
  const [, rows, columns] = out.shape;
  const winners = Array.from({ length: planes * rows * columns }, (_, at) => {
    const [column, row] = [at % columns, Math.floor(at / columns) % rows];
    const plane = Math.floor(at / (columns * rows)) * height * width;
    let best = -1;
    for (let i = 0; i < size[0] * size[1]; i++) {
      const y = row * stride[0] - padding[0] + Math.floor(i / size[1]) * dilation[0];
      const x = column * stride[1] - padding[1] + (i % size[1]) * dilation[1];
      if (y < 0 || y >= height || x < 0 || x >= width) continue;
      const place = y * width + x;
      if (best < 0 || values[plane + place] > values[plane + best]) best = place;
    }
    return best;
  });
  const planeOf = (at: number) => Math.floor(at / (rows * columns)) * height * width;
  write(
    device,
    out,
    winners.map((place, at) => (place < 0 ? Number.NEGATIVE_INFINITY : values[planeOf(at) + place])),
  );
  write(device, places, winners);
}

function maxPoolGrad(device: Device, dx: Strided, dy: Strided, places: Strided): void {
  if (device.maxPoolGrad !== undefined) {
    device.maxPoolGrad(dx, dy, places);
    return;
  }
  const [gradient, winners] = [dy, places].map((x) => read(device, x));
  const values = new Array<number>(sizeOf(dx.shape)).fill(0);
  const [plane, windows] = [dx, dy].map(({ shape }) => shape[1] * shape[2]);
  for (const [at, place] of winners.entries()) {
    if (place >= 0) values[Math.floor(at / windows) * plane + place] += gradient[at];
  }
  write(device, dx, values);
}

const sigmoid = (x: number) => 1 / (1 + Math.exp(-x));

function lstmGates(device: Device, h: Strided, c: Strided, gates: Strided, before: Strided): void {
  if (device.lstmGates !== undefined) {
    device.lstmGates(h, c, gates, before);
    return;
  }
  const n = h.shape[1];
  const old = read(device, before);
  const through = read(device, gates).map((x, at) => (Math.floor(at / n) % 4 === 2 ? Math.tanh(x) : sigmoid(x)));
  const gate = (at: number, i: number) => through[Math.floor(at / n) * 4 * n + i * n + (at % n)];
  const cells = old.map((x, at) => gate(at, 1) * x + gate(at, 0) * gate(at, 2));
  write(device, gates, through);
  write(device, c, cells);
  write(
    device,
    h,
    cells.map((x, at) => gate(at, 3) * Math.tanh(x)),
  );
}

type LstmGradArgs = [dgates: Strided, dc: Strided, dh: Strided, gates: Strided, c: Strided, before: Strided];

function lstmGatesGrad(device: Device, ...[dgates, dc, dh, gates, c, before]: LstmGradArgs): void {
  if (device.lstmGatesGrad !== undefined) {
    device.lstmGatesGrad(dgates, dc, dh, gates, c, before);
    return;
  }
  const n = dh.shape[1];
  const [through, gc, gh, cells, old] = [gates, dc, dh, c, before].map((x) => read(device, x));
  const place = (at: number, i: number) => Math.floor(at / n) * 4 * n + i * n + (at % n);
  const found = new Array<number>(through.length);
  const onward = gh.map((g, at) => {
    const [i, f, candidate, o] = [0, 1, 2, 3].map((part) => through[place(at, part)]);
    const tanh = Math.tanh(cells[at]);
    const cell = gc[at] + g * o * (1 - tanh * tanh);
    found[place(at, 0)] = cell * candidate * i * (1 - i);
    found[place(at, 1)] = cell * old[at] * f * (1 - f);
    found[place(at, 2)] = cell * i * (1 - candidate * candidate);
    found[place(at, 3)] = g * tanh * o * (1 - o);
    return cell * f;
  });
  write(device, dgates, found);
  write(device, dc, onward);
}

/** Batch, channels, outputs, rows and columns of the output, and how filters move. */
const FILTERS: readonly (readonly [number[], Omit<FilterOptions, "columns">])[] = [
  [[1, 1, 1, 1, 1], { size: [1, 1], stride: [1, 1], dilation: [1, 1], reversed: false }],
  [[2, 3, 5, 4, 7], { size: [3, 3], stride: [1, 1], dilation: [1, 1], reversed: false }],
  [[3, 4, 7, 5, 6], { size: [2, 3], stride: [2, 1], dilation: [1, 2], reversed: true }],
  [[2, 2, 13, 9, 5], { size: [3, 2], stride: [2, 2], dilation: [2, 1], reversed: false }],
  // More elements of a filter, and more places, than are computed at a time.
  [[2, 70, 9, 3, 4], { size: [2, 2], stride: [1, 1], dilation: [1, 1], reversed: false }],
  [[1, 2, 3, 30, 31], { size: [3, 3], stride: [1, 1], dilation: [1, 1], reversed: true }],
];

/** The shape of the images that a convolution sees. */
function imagesOf(
  [batch, channels, , rows, columns]: number[],
  { size, stride, dilation }: Omit<FilterOptions, "columns">,
) {
  const along = (n: number, axis: 0 | 1) => n + Math.floor(((size[axis] - 1) * dilation[axis]) / stride[axis]);
  return [batch, channels, stride[0] * stride[1], along(rows, 0), along(columns, 1)];
}

const WINDOWS: readonly (readonly [x: number[], rows: number, columns: number, PoolOptions])[] = [
  [[1, 1, 1], 1, 1, { size: [1, 1], stride: [1, 1], padding: [0, 0], dilation: [1, 1] }],
  [[3, 6, 8], 3, 4, { size: [2, 2], stride: [2, 2], padding: [0, 0], dilation: [1, 1] }],
  [[2, 5, 7], 3, 4, { size: [3, 3], stride: [2, 2], padding: [1, 1], dilation: [1, 1] }],
  [[2, 1, 9], 1, 5, { size: [1, 3], stride: [1, 2], padding: [0, 2], dilation: [1, 2] }],
];

const STATES = [
  [1, 1],
  [3, 7],
  [5, 8],
  [2, 33],
];

export const networkCases: readonly Case[] = [
  ...[true, false].map((biased) =>
    defineCase("convolve", `${biased ? "with" : "without"} a bias`, async (check) => {
      for (const [sizes, movement] of FILTERS) {
        const [batch, channels, outputs, rows, columns] = sizes;
        const elements = channels * movement.size[0] * movement.size[1];
        const { numbers } = check;
        const operands = {
          out: blank([batch, outputs, rows, columns]),
          images: numbers.normal(imagesOf(sizes, movement)),
          weight: numbers.normal([outputs, elements]),
          bias: numbers.normal([outputs]),
        };
        const call = (device: Device, { out, images, weight, bias }: Record<string, Strided>) =>
          convolve(device, out, images, weight, biased ? bias : undefined, { ...movement, columns });
        await check.agree(operands, call, 1 + elements / 8);
      }
    }),
  ),
  defineCase("convolveGrad", "over all images and places", async (check) => {
    for (const [sizes, movement] of FILTERS) {
      const [batch, channels, outputs, rows, columns] = sizes;
      const shape = imagesOf(sizes, movement);
      const { numbers } = check;
      const dy = numbers.normal([batch, outputs, rows, shape[4]]);
      for (let at = 0; at < sizeOf(dy.shape); at++) if (at % shape[4] >= columns) dy.memory[dy.offset + at] = 0;
      const dweight = blank([outputs, channels * movement.size[0] * movement.size[1]]);
      const call = (device: Device, operands: Record<string, Strided>) =>
        convolveGrad(device, operands.dweight, operands.dy, operands.images, { ...movement, columns });
      await check.agree({ dweight, dy, images: numbers.normal(shape) }, call, 1 + (batch * rows * columns) / 8);
    }
  }),
  defineCase("maxPool", "the largest of each window, and where it lies", async (check) => {
    for (const [shape, rows, columns, options] of WINDOWS) {
      const [out, places] = (["float32", "int32"] as const).map((dtype) => blank([shape[0], rows, columns], dtype));
      const call = (device: Device, operands: Record<string, Strided>) =>
        maxPool(device, operands.out, operands.places, operands.x, options);
      await check.agree({ out, places, x: check.numbers.normal(shape) }, call, 0);
    }
  }),
  defineCase("maxPoolGrad", "to where the largest lie", async (check) => {
    for (const [shape, rows, columns] of WINDOWS) {
      const places = blank([shape[0], rows, columns], "int32");
      for (let at = 0; at < sizeOf(places.shape); at++)
        places.memory[places.offset + at] = ((at * 7) % (shape[1] * shape[2] + 1)) - 1;
      const call = (device: Device, operands: Record<string, Strided>) =>
        maxPoolGrad(device, operands.dx, operands.dy, operands.places);
      await check.agree({ dx: blank(shape), dy: check.numbers.normal(places.shape), places }, call, 2);
    }
  }),
  defineCase("lstmGates", "a step", async (check) => {
    for (const [rows, n] of STATES) {
      const { numbers } = check;
      const operands = {
        ...{ h: blank([rows, n]), c: blank([rows, n]) },
        ...{ gates: numbers.normal([rows, 4 * n], "offset", 3), before: numbers.normal([rows, n]) },
      };
      const call = (device: Device, { h, c, gates, before }: Record<string, Strided>) =>
        lstmGates(device, h, c, gates, before);
      await check.agree(operands, call, 2);
    }
  }),
  defineCase("lstmGatesGrad", "a step", async (check) => {
    for (const [rows, n] of STATES) {
      const state = () => check.numbers.normal([rows, n]);
      const operands = {
        ...{ dgates: blank([rows, 4 * n]), dc: state(), dh: state() },
        ...{ gates: check.numbers.normal([rows, 4 * n]), c: state(), before: state() },
      };
      const call = (device: Device, { dgates, dc, dh, gates, c, before }: Record<string, Strided>) =>
        lstmGatesGrad(device, dgates, dc, dh, gates, c, before);
      await check.agree(operands, call, 4);
    }
  }),
];
