import type { RandomKey, Strided } from "../../device.ts";
import { uniforms } from "../philox.ts";
import { elements, output } from "./elements.ts";

export function uniform(out: Strided, key: RandomKey): void {
  const ys = output(out);
  ys.set(uniforms(key, ys.length));
}

export function normal(out: Strided, key: RandomKey): void {
  const ys = output(out);
  // Numbers are made in pairs, so the last one may be without a partner.
  const u = uniforms(key, ys.length + (ys.length % 2));
  for (let i = 0; i < ys.length; i += 2) {
    const radius = Math.sqrt(-2 * Math.log(1 - u[i]));
    const angle = 2 * Math.PI * u[i + 1];
    ys[i] = radius * Math.cos(angle);
    if (i + 1 < ys.length) ys[i + 1] = radius * Math.sin(angle);
  }
}

export function dropout(out: Strided, x: Strided, p: number, key: RandomKey): void {
  const xs = elements(x);
  const ys = output(out);
  const u = uniforms(key, ys.length);
  for (let i = 0; i < ys.length; i++) ys[i] = u[i] < p ? 0 : xs[i] / (1 - p);
}
