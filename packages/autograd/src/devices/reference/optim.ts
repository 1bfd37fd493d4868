import type { AdamWOptions, Strided } from "../../device.ts";
import { elements, output } from "./elements.ts";

/** Loshchilov & Hutter, "Decoupled weight decay regularization" (2019), algorithm 2. */
export function adamW(p: Strided, grad: Strided, m: Strided, v: Strided, options: AdamWOptions): void {
  const { lr, beta1, beta2, eps, weightDecay, step } = options;
  const gradScale = typeof options.gradScale === "number" ? options.gradScale : elements(options.gradScale)[0];
  if (typeof options.gradScale !== "number" && !(gradScale > 0)) return;
  const ps = output(p);
  const grads = elements(grad);
  const ms = output(m);
  const vs = output(v);
  // Both averages start at zero; these undo the bias towards it.
  const correction1 = 1 - beta1 ** step;
  const correction2 = 1 - beta2 ** step;
  for (let i = 0; i < ps.length; i++) {
    const g = grads[i] * gradScale;
    ms[i] = beta1 * ms[i] + (1 - beta1) * g;
    vs[i] = beta2 * vs[i] + (1 - beta2) * g * g;
    const mean = ms[i] / correction1;
    const deviation = Math.sqrt(vs[i] / correction2);
    ps[i] -= lr * weightDecay * ps[i];
    ps[i] -= (lr * mean) / (deviation + eps);
  }
}
