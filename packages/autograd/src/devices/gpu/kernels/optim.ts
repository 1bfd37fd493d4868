import type { AdamWOptions, Strided } from "../../../device.ts";
import { sizeOf } from "../../../shape.ts";
import type { Thread } from "../gpujs.ts";
import { kernel } from "../kernel.ts";
import type { Runtime } from "../runtime.ts";
import { boxOf, store } from "../store.ts";

/** Loshchilov & Hutter, "Decoupled weight decay regularization" (2019). A kernel has one result, so it takes three. */

const FIRST_MOMENT = kernel(["array", "array", "int", "int", "float", "float"], {
  adamWFirstMoment(this: Thread, m: number[], grad: number[], mAt: number, gradAt: number, beta: number, gain: number) {
    return beta * m[mAt + this.thread.x] + gain * grad[gradAt + this.thread.x];
  },
});

const SECOND_MOMENT = kernel(["array", "array", "int", "int", "float", "float", "float"], {
  adamWSecondMoment(
    this: Thread,
    v: number[],
    grad: number[],
    vAt: number,
    gradAt: number,
    beta: number,
    gain: number,
    scale: number,
  ) {
    const g = grad[gradAt + this.thread.x] * scale;
    return beta * v[vAt + this.thread.x] + gain * g * g;
  },
});

const UPDATE = kernel(["array", "array", "array", "int", "int", "int", "float", "float", "float", "float"], {
  adamW(
    this: Thread,
    p: number[],
    m: number[],
    v: number[],
    pAt: number,
    mAt: number,
    vAt: number,
    kept: number,
    rate: number,
    correction: number,
    eps: number,
  ) {
    return (
      kept * p[pAt + this.thread.x] -
      (rate * m[mAt + this.thread.x]) / (Math.sqrt(v[vAt + this.thread.x] * correction) + eps)
    );
  },
});

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
  const gradient = boxOf(grad);
  const first = [boxOf(m), gradient, m.offset, grad.offset, beta1, (1 - beta1) * gradScale];
  store(runtime, m, runtime.launch(FIRST_MOMENT, size, first));
  const second = [boxOf(v), gradient, v.offset, grad.offset, beta2, 1 - beta2, gradScale];
  store(runtime, v, runtime.launch(SECOND_MOMENT, size, second));
  // Both averages start at zero; the corrections undo the bias towards it.
  const rate = lr / (1 - beta1 ** step);
  const correction = 1 / (1 - beta2 ** step);
  const update = [boxOf(p), boxOf(m), boxOf(v), p.offset, m.offset, v.offset];
  store(runtime, p, runtime.launch(UPDATE, size, [...update, 1 - lr * weightDecay, rate, correction, eps]));
}
