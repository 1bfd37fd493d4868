import { createGpuDevice } from "../../src/devices/gpu/device.ts";
import {
  binaryCrossEntropy,
  binaryCrossEntropyWithLogits,
  device,
  einsum,
  huberLoss,
  l1Loss,
  meshgrid,
  mseLoss,
  nllLoss,
  smoothL1Loss,
  stack,
  type Tensor,
  tensor,
} from "../../src/index.ts";
import { describeAgreement } from "./torchCases.ts";

/** What is put together from other ops. Made by `fixtures/make_composed_ops.py`. */
const ops: Record<string, (...inputs: Tensor[]) => Tensor> = {
  ceil: (x) => x.ceil(),
  trunc: (x) => x.trunc(),
  erf: (x) => x.erf(),
  expm1: (x) => x.expm1(),
  log1p: (x) => x.log1p(),
  sinh: (x) => x.sinh(),
  cosh: (x) => x.cosh(),
  asinh: (x) => x.asinh(),
  acosh: (x) => x.acosh(),
  atanh: (x) => x.atanh(),
  tan: (x) => x.tan(),
  asin: (x) => x.asin(),
  acos: (x) => x.acos(),
  atan: (x) => x.atan(),
  softplus: (x) => x.softplus(),
  "softplus beta": (x) => x.softplus(2),
  logSigmoid: (x) => x.logSigmoid(),
  elu: (x) => x.elu(),
  "elu alpha": (x) => x.elu(0.5),
  log2: (x) => x.log2(),
  log10: (x) => x.log10(),
  atan2: (y, x) => y.atan2(x),
  "atan2 broadcast": (y, x) => y.atan2(x),

  remainder: (a, b) => a.remainder(b),
  "remainder number": (x) => x.remainder(3),
  "remainder int": (a, b) => a.remainder(b),

  prod: (x) => x.prod(),
  "prod 1": (x) => x.prod(1),
  "prod keep": (x) => x.prod(0, { keepDim: true }),
  "prod of zeros": (x) => x.prod(-1),
  cumprod: (x) => x.cumprod(1),
  "cumprod of zeros": (x) => x.cumprod(0),
  "norm 0": (x) => x.norm(0, 1),
  "norm 1": (x) => x.norm(1, 1),
  "norm 2": (x) => x.norm(2, 1),
  "norm 3": (x) => x.norm(3, 1),
  "norm inf": (x) => x.norm(Number.POSITIVE_INFINITY, 1),
  "norm -inf": (x) => x.norm(Number.NEGATIVE_INFINITY, 1),
  "norm of all": (x) => x.norm(),
  "norm of zeros": (x) => x.norm(2, -1),
  sort: (x) => x.sort(0).values,
  "sort descending": (x) => x.sort(-1, { descending: true }).values,
  argsort: (x) => x.argsort(1),

  tile: (x) => x.tile(2, 2),
  repeat: (x) => x.repeat(2, 1, 3),
  repeatInterleave: (x) => x.repeatInterleave(3, 1),
  "repeatInterleave of all": (x) => x.repeatInterleave(2),
  pad: (x) => x.pad([1, 2, 0, 1], { value: -1 }),
  "pad cutting": (x) => x.pad([-1, 2]),
  "pad reflect": (x) => x.pad([2, 1], { mode: "reflect" }),
  "pad replicate": (x) => x.pad([2, 1], { mode: "replicate" }),
  "pad circular": (x) => x.pad([2, 1], { mode: "circular" }),
  flip: (x) => x.flip([0, -1]),
  roll: (x) => x.roll(2),
  "roll axes": (x) => x.roll([1, -2], [0, 1]),
  meshgrid: (...axes) => stack(meshgrid(axes)),
  "meshgrid xy": (...axes) => stack(meshgrid(axes, { indexing: "xy" })),
  bmm: (a, b) => a.bmm(b),
};

for (const suffix of ["", " of 32 bits"]) {
  ops[`bitwiseAnd${suffix}`] = (a, b) => a.bitwiseAnd(b);
  ops[`bitwiseOr${suffix}`] = (a, b) => a.bitwiseOr(b);
  ops[`bitwiseXor${suffix}`] = (a, b) => a.bitwiseXor(b);
  ops[`bitwiseNot${suffix}`] = (x) => x.bitwiseNot();
  ops[`bitwiseLeftShift${suffix}`] = (x) => x.bitwiseLeftShift(5);
  ops[`bitwiseRightShift${suffix}`] = (x) => x.bitwiseRightShift(5);
}

for (const equation of [
  "bik,bkj->bij",
  "ij,j",
  "ii",
  "iij->ji",
  "ij->",
  "i,j->ij",
  "bhqd,bhkd->bhqk",
  "...ij,...jk->...ik",
  "ba,ac,cb->",
  "...i->i...",
  "ij,ij->ij",
  "ij,kl->ik",
]) {
  ops[`einsum ${equation}`] = (...operands) => einsum(equation, ...operands);
}

const like = (x: Tensor, values: number[]) => tensor(values, { device: x.device });

for (const reduction of ["mean", "sum", "none"] as const) {
  ops[`mseLoss ${reduction}`] = (x, t) => mseLoss(x, t, { reduction });
  ops[`l1Loss ${reduction}`] = (x, t) => l1Loss(x, t, { reduction });
  ops[`huberLoss ${reduction}`] = (x, t) => huberLoss(x, t, { reduction, delta: 0.7 });
  ops[`smoothL1Loss ${reduction}`] = (x, t) => smoothL1Loss(x, t, { reduction, beta: 0.5 });
  ops[`binaryCrossEntropy ${reduction}`] = (x, t) => binaryCrossEntropy(x, t.detach(), { reduction });
  ops[`binaryCrossEntropyWithLogits ${reduction}`] = (x, t) => binaryCrossEntropyWithLogits(x, t, { reduction });
  ops[`nllLoss ${reduction}`] = (x, t) => nllLoss(x.logSoftmax(-1), t, { reduction });
  ops[`nllLoss ${reduction} weight ignore`] = (x, t) =>
    nllLoss(x.logSoftmax(-1), t, { reduction, ignoreIndex: 1, weight: like(x, [0.5, 1.5, 2]) });
}
ops["smoothL1Loss without parabola"] = (x, t) => smoothL1Loss(x, t, { beta: 0 });
ops["binaryCrossEntropy weight"] = (x, t, weight) => binaryCrossEntropy(x, t, { weight: weight.detach() });
ops["binaryCrossEntropyWithLogits posWeight"] = (x, t) =>
  binaryCrossEntropyWithLogits(x, t, { posWeight: like(x, [0.5, 3]) });

describeAgreement("composedOps.json", ops, [
  { device: device("reference"), tolerance: 1e-12 },
  { device: device("cpu"), tolerance: 2e-5 },
  // Its int32 are exact up to 2^24.
  { device: await createGpuDevice({ backend: "webasm" }), tolerance: 1e-4, lacks: / of 32 bits$/ },
]);
