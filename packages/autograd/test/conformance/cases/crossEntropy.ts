import type { CrossEntropyOptions, Strided } from "../../../src/device.ts";
import { type Case, type Check, defineCase } from "../check.ts";
import { blank, given, type Operand } from "../operands.ts";
import { ROWS } from "./rows.ts";

const IGNORE = -100;

/** Options without the weights, which are an operand. */
interface Variant {
  readonly name: string;
  readonly smoothing: number;
  readonly weighted: boolean;
}

const VARIANTS: readonly Variant[] = [
  { name: "plain", smoothing: 0, weighted: false },
  { name: "with class weights", smoothing: 0, weighted: true },
  { name: "with label smoothing", smoothing: 0.1, weighted: false },
  { name: "with class weights and label smoothing", smoothing: 0.25, weighted: true },
];

/** Class indices of which about one in five is ignored. */
function targetsFor(check: Check, rows: number, n: number): Operand {
  const targets = check.numbers.integers(0, n - 1, [rows]);
  for (let r = 0; r < rows; r++) if (check.numbers.integer(0, 4) === 0) targets.memory[targets.offset + r] = IGNORE;
  return targets;
}

function optionsFor({ smoothing, weighted }: Variant, weight: Strided, ignoreIndex = IGNORE): CrossEntropyOptions {
  return { ignoreIndex, smoothing, weight: weighted ? weight : undefined };
}

async function scores(
  check: Check,
  variant: Variant,
  logits: Operand,
  targets: Operand,
  { ignoreIndex = IGNORE, magnitude = 10 } = {},
) {
  const [rows, n] = logits.shape;
  const operands = {
    losses: blank([rows]),
    scales: blank([rows], "float32", "plain"),
    lse: blank([rows]),
    logits,
    targets,
    weight: check.numbers.uniform(0.2, 2, [n]),
  };
  await check.agree(
    operands,
    (device, { losses, scales, lse, logits, targets, weight }) =>
      device.crossEntropy(losses, scales, lse, logits, targets, optionsFor(variant, weight, ignoreIndex)),
    magnitude,
  );
}

async function differentiates(check: Check, variant: Variant, logits: Operand, lse: Operand, targets: Operand) {
  const [rows, n] = logits.shape;
  const operands = {
    dlogits: blank([rows, n]),
    dlosses: check.numbers.normal([rows]),
    lse,
    logits,
    targets,
    weight: check.numbers.uniform(0.2, 2, [n]),
  };
  await check.agree(
    operands,
    (device, { dlogits, dlosses, lse, logits, targets, weight }) =>
      device.crossEntropyGrad(dlogits, dlosses, lse, logits, targets, optionsFor(variant, weight)),
    4,
  );
}

/** The logarithm of each row's sum of exponentials, as the forward pass leaves it. */
function logSumExps(logits: Operand): Operand {
  const [rows, n] = logits.shape;
  const values = Array.from({ length: rows }, (_, r) => {
    const row = Array.from(logits.memory.slice(logits.offset + r * n, logits.offset + (r + 1) * n));
    return Math.log(row.reduce((sum, z) => sum + Math.exp(z), 0));
  });
  return given([rows], values);
}

const forward: Case[] = VARIANTS.map((variant) =>
  defineCase("crossEntropy", variant.name, async (check) => {
    for (const [rows, n] of ROWS) {
      await scores(check, variant, check.numbers.normal([rows, n], "offset", 3), targetsFor(check, rows, n));
    }
  }),
);

const corners: Case[] = [
  defineCase("crossEntropy", "logits whose exponentials overflow, and hidden classes", async (check) => {
    const targets = given([4], [0, 2, 0, 2], "int32");
    const large = given([4, 5], [1e4, 3, 9999, -1e4, 0]);
    await scores(check, VARIANTS[0], large, targets, { magnitude: 1e4 });
    await scores(check, VARIANTS[0], given([4, 5], [1, Number.NEGATIVE_INFINITY, 2, 3, 4]), targets);
  }),
  defineCase("crossEntropy", "an ignored index that is a class, and rows that are all ignored", async (check) => {
    for (const variant of VARIANTS) {
      await scores(check, variant, check.numbers.normal([9, 4]), check.numbers.integers(0, 3, [9]), { ignoreIndex: 2 });
      await scores(check, variant, check.numbers.normal([3, 4]), given([3], [IGNORE], "int32"));
    }
  }),
  ...[-1, 6, 50_000].map((wrong) =>
    defineCase("crossEntropy", `refuses target ${wrong} of 6 classes`, async (check) => {
      const operands = {
        losses: blank([5]),
        scales: blank([5]),
        lse: blank([5]),
        logits: check.numbers.normal([5, 6]),
        targets: given([5], [0, IGNORE, 5, wrong, 1], "int32"),
      };
      await check.rejects(
        operands,
        (device, { losses, scales, lse, logits, targets }) =>
          device.crossEntropy(losses, scales, lse, logits, targets, {
            ignoreIndex: IGNORE,
            smoothing: 0,
            weight: undefined,
          }),
        `${wrong}`,
      );
    }),
  ),
];

const backward: Case[] = VARIANTS.map((variant) =>
  defineCase("crossEntropyGrad", variant.name, async (check) => {
    for (const [rows, n] of ROWS) {
      const logits = check.numbers.normal([rows, n], "offset", 2);
      await differentiates(check, variant, logits, logSumExps(logits), targetsFor(check, rows, n));
    }
  }),
);

export const crossEntropyCases: readonly Case[] = [...forward, ...corners, ...backward];
