import { assertFloat, defineOp, type Gradient } from "../op.ts";
import { formatShape } from "../shape.ts";
import type { Tensor } from "../tensor.ts";

/** The same in terms of other ops. */
function composite(x: Tensor, eps: number, weight?: Tensor, bias?: Tensor): Tensor {
  const centred = x.sub(x.mean(-1, { keepDim: true }));
  const scale = centred.square().mean(-1, { keepDim: true }).add(eps).rsqrt();
  const normal = centred.mul(scale);
  const scaled = weight === undefined ? normal : normal.mul(weight);
  return bias === undefined ? scaled : scaled.add(bias);
}

const layerNormOp = defineOp("layerNorm", {
  forward(ctx, x: Tensor, eps: number, weight: Tensor | undefined, bias: Tensor | undefined): Tensor {
    const rows = x.shape.slice(0, -1);
    const y = ctx.allocate(x.shape);
    const mean = ctx.allocate(rows);
    const rstd = ctx.allocate(rows);
    const input = ctx.dense(x);
    ctx.device.layerNorm(y, mean, rstd, input, weight, bias, eps);
    if (ctx.tracked) ctx.save(input, mean, rstd, ...(weight === undefined ? [] : [weight]));
    return y;
  },
  backward(ctx, dy): Gradient[] {
    const [x, mean, rstd, weight] = ctx.saved;
    const dx = ctx.needs[0] ? ctx.allocate(x.shape) : undefined;
    const dweight = ctx.needs[1] ? ctx.allocate(ctx.shapes[1]) : undefined;
    const dbias = ctx.needs[2] ? ctx.allocate(ctx.shapes[2]) : undefined;
    ctx.device.layerNormGrad(dx, dweight, dbias, ctx.dense(dy), x, mean, rstd, weight);
    return [dx, dweight, dbias];
  },
  composite,
  unrecorded: {
    kernels: ["normalize"],
    forward(ctx, x, eps, weight, bias) {
      const y = ctx.allocate(x.shape);
      ctx.device.normalize!(y, ctx.dense(x), weight, bias, eps);
      return y;
    },
  },
});

function assertFits(name: string, part: Tensor | undefined, x: Tensor, n: number): void {
  if (part === undefined || (part.rank === 1 && part.shape[0] === n)) return;
  throw new RangeError(
    `layerNorm: the ${name} is ${formatShape(part.shape)}, x ${formatShape(x.shape)}: it has to be [${n}]`,
  );
}

/**
 * Layer normalisation over the last axis (Ba et al., 2016): `(x - mean) / sqrt(var + eps) * weight + bias`.
 * x: [..., n]; weight, bias: [n], the bias only along with a weight.
 */
export function layerNorm(x: Tensor, weight?: Tensor, bias?: Tensor, eps = 1e-5): Tensor {
  assertFloat("layerNorm", x);
  if (x.rank === 0) throw new RangeError("layerNorm: needs at least one axis, got []");
  const n = x.shape[x.rank - 1];
  assertFits("weight", weight, x, n);
  assertFits("bias", bias, x, n);
  if (bias !== undefined && weight === undefined) throw new Error("layerNorm: a bias needs a weight");
  return layerNormOp(x, eps, weight?.contiguous(), bias?.contiguous());
}
