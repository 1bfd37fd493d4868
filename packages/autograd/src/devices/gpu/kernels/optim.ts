import type { AdamWOptions, Strided } from "../../../device.ts";
import { sizeOf } from "../../../shape.ts";
import type { Thread } from "../gpujs.ts";
import { kernel } from "../kernel.ts";
import type { Runtime } from "../runtime.ts";
import { boxOf, store } from "../store.ts";
import { ADAMW, elementGroups } from "../wgsl/adamW.ts";

/**
 * Loshchilov & Hutter, "Decoupled weight decay regularization" (2019). A gpu.js kernel has one result, so it takes three.
 * Each leaves what is there where the scale is not above 0: the gradients are not finite then.
 */

const FIRST_MOMENT = kernel(["array", "array", "array", "int", "int", "int", "float", "float"], {
  adamWFirstMoment(
    this: Thread,
    m: number[],
    grad: number[],
    scale: number[],
    mAt: number,
    gradAt: number,
    scaleAt: number,
    beta: number,
    gain: number,
  ) {
    const before = m[mAt + this.thread.x];
    if (scale[scaleAt] > 0) return beta * before + gain * scale[scaleAt] * grad[gradAt + this.thread.x];
    return before;
  },
});

const SECOND_MOMENT = kernel(["array", "array", "array", "int", "int", "int", "float", "float", "float"], {
  adamWSecondMoment(
    this: Thread,
    v: number[],
    grad: number[],
    scale: number[],
    vAt: number,
    gradAt: number,
    scaleAt: number,
    beta: number,
    gain: number,
    factor: number,
  ) {
    const before = v[vAt + this.thread.x];
    const g = grad[gradAt + this.thread.x] * factor * scale[scaleAt];
    if (scale[scaleAt] > 0) return beta * before + gain * g * g;
    return before;
  },
});

const UPDATE = kernel(
  ["array", "array", "array", "array", "int", "int", "int", "int", "float", "float", "float", "float"],
  {
    adamW(
      this: Thread,
      p: number[],
      m: number[],
      v: number[],
      scale: number[],
      pAt: number,
      mAt: number,
      vAt: number,
      scaleAt: number,
      kept: number,
      rate: number,
      correction: number,
      eps: number,
    ) {
      const before = p[pAt + this.thread.x];
      const step = (rate * m[mAt + this.thread.x]) / (Math.sqrt(v[vAt + this.thread.x] * correction) + eps);
      if (scale[scaleAt] > 0) return kept * before - step;
      return before;
    },
  },
);

export function adamW(
  runtime: Runtime,
  p: Strided,
  grad: Strided,
  m: Strided,
  v: Strided,
  options: AdamWOptions,
): void {
  const size = sizeOf(p.shape);
  if (size === 0) return;
  const { lr, beta1, beta2, eps, weightDecay, step, gradScale } = options;
  // Gradients are multiplied with a number and with one in memory, one of which is 1.
  const factor = typeof gradScale === "number" ? gradScale : 1;
  const [scale, scaleAt] = typeof gradScale === "number" ? [runtime.one, 0] : [boxOf(gradScale), gradScale.offset];
  // Both averages start at zero; the corrections undo the bias towards it.
  const rate = lr / (1 - beta1 ** step);
  const correction = 1 / (1 - beta2 ** step);
  const kept = 1 - lr * weightDecay;
  if (runtime.fused) {
    const targets = [boxOf(p), boxOf(m), boxOf(v)];
    const places = [size, grad.offset, scaleAt, p.offset, m.offset, v.offset];
    const shares = [beta1, 1 - beta1, beta2, 1 - beta2, factor];
    const args = [boxOf(grad), scale, ...targets, ...places, ...shares, kept, rate, correction, eps];
    runtime.launchWgsl(ADAMW, elementGroups(size), [], args, targets);
    return;
  }
  const gradient = boxOf(grad);
  const first = [boxOf(m), gradient, scale, m.offset, grad.offset, scaleAt, beta1, (1 - beta1) * factor];
  store(runtime, m, runtime.launch(FIRST_MOMENT, size, first));
  const second = [boxOf(v), gradient, scale, v.offset, grad.offset, scaleAt, beta2, 1 - beta2, factor];
  store(runtime, v, runtime.launch(SECOND_MOMENT, size, second));
  const update = [boxOf(p), boxOf(m), boxOf(v), scale, p.offset, m.offset, v.offset, scaleAt];
  store(runtime, p, runtime.launch(UPDATE, size, [...update, kept, rate, correction, eps]));
}
