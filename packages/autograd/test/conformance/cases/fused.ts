import type { AdamWOptions, Device, Strided } from "../../../src/device.ts";
import { type Case, defineCase } from "../check.ts";
import { blank, given, transposed, view } from "../operands.ts";

/** What the fused kernels are made of, where a device (the reference) has none of its own. */

const stretched = (bias: Strided, like: Strided): Strided => ({ ...bias, shape: like.shape, strides: [0, 1] });

function biasGelu(device: Device, out: Strided, x: Strided, bias: Strided): void {
  if (device.biasGelu !== undefined) {
    device.biasGelu(out, x, bias);
    return;
  }
  device.binary("add", x, x, stretched(bias, x));
  device.unary("gelu", out, x, 0, 0);
  const slope = { ...x, storage: device.allocate(x.shape[0] * x.shape[1], "float32"), offset: 0 };
  device.fill(slope, 1);
  device.unaryGrad("gelu", slope, x, slope);
  device.copy(x, slope);
}

function linear(
  device: Device,
  out: Strided,
  x: Strided,
  weight: Strided,
  bias: Strided | undefined,
  gelu: boolean,
): void {
  if (device.linear !== undefined) {
    device.linear(out, x, weight, bias, gelu);
    return;
  }
  const [shape, strides] = [[...weight.shape].reverse(), [...weight.strides].reverse()];
  device.matmul(out, x, { ...weight, shape, strides }, false);
  if (bias !== undefined) device.binary("add", out, out, stretched(bias, out));
  if (gelu) device.unary("gelu", out, out, 0, 0);
}

/** [rows, inputs, outputs]: single rows and pairs of them, ends of rows and of stretches of columns, and many rows. */
const LAYERS: readonly (readonly [rows: number, inputs: number, outputs: number])[] = [
  ...[1, 2, 3, 4, 5, 8, 16, 17].flatMap((rows) => [
    [rows, 64, 48] as const,
    [rows, 7, 3] as const,
    [rows, 133, 65] as const,
  ]),
  [1, 1, 1],
  [1, 5, 2],
  [3, 0, 4],
  [40, 33, 70],
];

function biasGeluGrad(device: Device, dx: Strided, dbias: Strided, slope: Strided, dy: Strided): void {
  if (device.biasGeluGrad !== undefined) {
    device.biasGeluGrad(dx, dbias, slope, dy);
    return;
  }
  device.binary("mul", dx, dy, slope);
  device.reduce("sum", dbias, dx, { outer: 1, size: dx.shape[0], inner: dx.shape[1] });
}

function sumOfSquares(device: Device, out: Strided, tensors: readonly Strided[]): void {
  if (device.sumOfSquares !== undefined) {
    device.sumOfSquares(out, tensors);
    return;
  }
  const parts = {
    storage: device.allocate(tensors.length, "float32"),
    shape: [tensors.length],
    strides: [1],
    offset: 0,
  };
  tensors.forEach((x, i) => {
    const size = x.shape.reduce((a, b) => a * b, 1);
    const flat = { storage: device.allocate(size, "float32"), shape: [size], strides: [1], offset: 0 };
    const from = { ...x, shape: [size], strides: [1] };
    device.binary("mul", flat, from, from);
    device.reduce("sum", { ...parts, shape: [], strides: [], offset: i }, flat, { outer: 1, size, inner: 1 });
  });
  device.reduce("sum", out, parts, { outer: 1, size: tensors.length, inner: 1 });
}

function swiglu(device: Device, out: Strided, gate: Strided, up: Strided): void {
  if (device.swiglu !== undefined) {
    device.swiglu(out, gate, up);
    return;
  }
  device.unary("silu", out, gate, 0, 0);
  device.binary("mul", out, out, up);
}

type SwigluGradArgs = [dgate: Strided, dup: Strided, gate: Strided, up: Strided, dy: Strided];

function swigluGrad(device: Device, ...[dgate, dup, gate, up, dy]: SwigluGradArgs): void {
  if (device.swigluGrad !== undefined) {
    device.swigluGrad(dgate, dup, gate, up, dy);
    return;
  }
  device.unaryGrad("silu", dgate, gate, dy);
  device.binary("mul", dgate, dgate, up);
  device.unary("silu", dup, gate, 0, 0);
  device.binary("mul", dup, dup, dy);
}

function embed(device: Device, out: Strided, weight: Strided, positions: Strided, tokens: Strided): void {
  if (device.embed !== undefined) {
    device.embed(out, weight, positions, tokens);
    return;
  }
  const [vocabulary, width] = weight.shape;
  const flat = { ...tokens, shape: [tokens.shape[0] * tokens.shape[1]], strides: [1] };
  device.indexSelect(out, weight, flat, { outer: 1, size: vocabulary, inner: width });
  device.binary("add", out, out, { ...positions, shape: out.shape, strides: [0, width, 1] });
}

type EmbedGradArgs = [dweight: Strided | undefined, dpositions: Strided | undefined, dy: Strided, tokens: Strided];

function embedGrad(device: Device, ...[dweight, dpositions, dy, tokens]: EmbedGradArgs): void {
  if (device.embedGrad !== undefined) {
    device.embedGrad(dweight, dpositions, dy, tokens);
    return;
  }
  const [batch, time, width] = dy.shape;
  const flat = { ...tokens, shape: [batch * time], strides: [1] };
  if (dweight) device.indexAdd(dweight, flat, dy, { outer: 1, size: dweight.shape[0], inner: width });
  for (let b = 0; dpositions && b < batch; b++) {
    const part = { ...dy, shape: dpositions.shape, strides: [width, 1], offset: dy.offset + b * time * width };
    device.binary("add", dpositions, dpositions, part);
  }
}

/** Batch, time, vocabulary and width. */
const EMBEDDINGS = [
  [1, 1, 1, 1],
  [2, 3, 5, 7],
  [3, 65, 10, 33],
  [12, 64, 65, 128],
  [0, 3, 5, 4],
  [2, 0, 5, 4],
];

const SHAPES = [
  [0, 5],
  [1, 1],
  [3, 7],
  [65, 16],
  [130, 35],
  [200, 512],
];
const SIZES = [5, 0, 1, 8192, 8193, 30_000];
const OPTIONS: Omit<AdamWOptions, "step"> = {
  lr: 1e-2,
  beta1: 0.9,
  beta2: 0.99,
  eps: 1e-8,
  weightDecay: 0.1,
  gradScale: 0.3,
};

export const fusedCases: readonly Case[] = [
  ...[false, true].flatMap((gelu) =>
    [false, true].map((biased) =>
      defineCase(
        "linear",
        `${biased ? "with" : "without"} a bias, ${gelu ? "with" : "without"} GELU`,
        async (check) => {
          const { numbers } = check;
          for (const [m, k, n] of LAYERS) {
            const weights = [
              numbers.normal([n, k]),
              transposed(numbers.normal([k, n])),
              view(numbers.normal([n, k + 3]), [n, k], [k + 3, 1], 2),
            ];
            for (const weight of weights) {
              const operands = { out: blank([m, n]), x: numbers.normal([m, k]), weight, bias: numbers.normal([n]) };
              await check.agree(
                operands,
                (device, { out, x, weight, bias }) => linear(device, out, x, weight, biased ? bias : undefined, gelu),
                1 + k / 8,
              );
            }
          }
        },
      ),
    ),
  ),
  defineCase("swiglu", "one half gated by the other", async (check) => {
    for (const shape of SHAPES) {
      const [gate, up] = [8, 1].map((spread) => check.numbers.normal(shape, "offset", spread));
      const call = (device: Device, { out, gate, up }: Record<string, Strided>) => swiglu(device, out, gate, up);
      await check.agree({ out: blank(shape), gate, up }, call, 2);
    }
  }),
  defineCase("swigluGrad", "the gradients of both halves", async (check) => {
    for (const shape of SHAPES) {
      const [gate, up, dy] = [8, 1, 1].map((spread) => check.numbers.normal(shape, "offset", spread));
      const call = (device: Device, { dgate, dup, gate, up, dy }: Record<string, Strided>) =>
        swigluGrad(device, dgate, dup, gate, up, dy);
      await check.agree({ dgate: blank(shape), dup: blank(shape), gate, up, dy }, call, 4);
    }
  }),
  defineCase("biasGelu", "a bias, GELU and GELU's derivative in one pass", async (check) => {
    for (const shape of SHAPES) {
      const operands = {
        out: blank(shape),
        x: check.numbers.normal(shape, "offset", 2),
        bias: check.numbers.normal([shape[1]], "offset"),
      };
      await check.agree(operands, (device, { out, x, bias }) => biasGelu(device, out, x, bias));
    }
  }),
  defineCase("biasGeluGrad", "its gradient, and the bias's", async (check) => {
    for (const shape of SHAPES) {
      const operands = {
        dx: blank(shape),
        dbias: blank([shape[1]]),
        slope: check.numbers.normal(shape, "offset"),
        dy: check.numbers.normal(shape, "offset"),
      };
      const call = (device: Device, { dx, dbias, slope, dy }: Record<keyof typeof operands, Strided>) =>
        biasGeluGrad(device, dx, dbias, slope, dy);
      await check.agree(operands, call, Math.sqrt(shape[0]) + 1);
    }
  }),
  defineCase("biasGeluGrad", "in place on dy", async (check) => {
    const shape = [33, 21];
    const operands = {
      dbias: blank([shape[1]]),
      slope: check.numbers.normal(shape),
      dy: check.numbers.normal(shape),
    };
    await check.agree(operands, (device, { dbias, slope, dy }) => biasGeluGrad(device, dy, dbias, slope, dy), 6);
  }),
  defineCase("embed", "rows by token and by position", async (check) => {
    for (const [batch, time, vocabulary, width] of EMBEDDINGS) {
      const operands = {
        out: blank([batch, time, width]),
        weight: check.numbers.normal([vocabulary, width]),
        positions: check.numbers.normal([time, width]),
        tokens: check.numbers.integers(0, vocabulary - 1, [batch, time]),
      };
      await check.agree(operands, (device, { out, weight, positions, tokens }) =>
        embed(device, out, weight, positions, tokens),
      );
    }
  }),
  defineCase("embed", "refuses a token outside the vocabulary", async (check) => {
    const operands = {
      out: blank([1, 2, 3]),
      weight: check.numbers.normal([5, 3]),
      positions: check.numbers.normal([2, 3]),
      tokens: given([1, 2], [0, 5], "int32"),
    };
    const call = (device: Device, { out, weight, positions, tokens }: Record<keyof typeof operands, Strided>) =>
      embed(device, out, weight, positions, tokens);
    await check.rejects(operands, call, "5");
  }),
  defineCase("embedGrad", "adds to the rows of tokens and of positions, of both or of one", async (check) => {
    for (const [batch, time, vocabulary, width] of EMBEDDINGS) {
      const operands = {
        dweight: check.numbers.normal([vocabulary, width]),
        dpositions: check.numbers.normal([time, width]),
        dy: check.numbers.normal([batch, time, width]),
        tokens: check.numbers.integers(0, vocabulary - 1, [batch, time]),
      };
      const magnitude = Math.sqrt(batch * time) + 1;
      for (const [first, second] of [
        [1, 1],
        [1, 0],
        [0, 1],
      ]) {
        const call = (device: Device, { dweight, dpositions, dy, tokens }: Record<keyof typeof operands, Strided>) =>
          embedGrad(device, first ? dweight : undefined, second ? dpositions : undefined, dy, tokens);
        await check.agree(operands, call, magnitude);
      }
    }
  }),
  defineCase("sumOfSquares", "of one, and of more than a kernel takes at once", async (check) => {
    for (const count of [1, 7, 17]) {
      const operands = {
        out: blank([]),
        ...Object.fromEntries(Array.from({ length: count }, (_, i) => [`x${i}`, check.numbers.normal([5 + 30 * i])])),
      };
      await check.agree(operands, (device, { out, ...tensors }) => sumOfSquares(device, out, Object.values(tensors)));
    }
  }),
  defineCase("sumOfSquares", "of many tensors of odd sizes", async (check) => {
    const operands = {
      out: blank([]),
      ...Object.fromEntries(
        SIZES.map((size, i) => [`x${i}`, check.numbers.normal([size], i % 2 ? "offset" : "plain")]),
      ),
    };
    await check.agree(operands, (device, { out, ...tensors }) => sumOfSquares(device, out, Object.values(tensors)));
  }),
  defineCase("adamWAll", "the same as one call for each parameter, at its own step", async (check) => {
    const { numbers } = check;
    const operands = Object.fromEntries(
      SIZES.flatMap((size, i) => [
        [`p${i}`, numbers.normal([size], i % 2 ? "offset" : "plain")],
        [`grad${i}`, numbers.normal([size])],
        [`m${i}`, numbers.normal([size], "plain", 0.1)],
        [`v${i}`, numbers.uniform(0, 0.1, [size])],
      ]),
    );
    await check.agree(operands, (device, placed) => {
      const updates = SIZES.map((_, i) => ({
        p: placed[`p${i}`],
        grad: placed[`grad${i}`],
        m: placed[`m${i}`],
        v: placed[`v${i}`],
        step: 1 + i * i,
      }));
      if (device.adamWAll !== undefined) device.adamWAll(updates, OPTIONS);
      else for (const { p, grad, m, v, step } of updates) device.adamW(p, grad, m, v, { ...OPTIONS, step });
    });
  }),
];
