import type { Device } from "../../src/device.ts";
import { concat, type NestedArray, type Tensor, type TensorOptions, tensor } from "../../src/index.ts";

/** A sentence of the form "this gives that": what PyTorch, or float64, says is on its right. */
export interface NumberCase {
  readonly name: string;
  readonly right: readonly number[];
  /** What numbers may be off by, in units of the right one; 0 asks for the very same, the sign of zero included. */
  readonly relative: number;
  /** True where NaN, an infinity, -0 or a subnormal number is involved, of which WebGL and WGSL promise nothing. */
  readonly special: boolean;
  values(device: Device): Tensor;
}

/** Makes a tensor on the device that a case is tried on. */
export type Make = (data: NestedArray | Int32Array, options?: TensorOptions) => Tensor;

interface Options {
  readonly relative?: number;
  readonly special?: boolean;
}

/** Makes a case of a function of the way tensors are made. */
export function gives(
  name: string,
  right: readonly number[],
  values: (make: Make, device: Device) => Tensor,
  { relative = 0, special = !right.every((value) => Number.isFinite(value) && !Object.is(value, -0)) }: Options = {},
): NumberCase {
  return {
    name,
    right,
    relative,
    special,
    values: (device) => values((data, options) => tensor(data, { ...options, device }), device),
  };
}

/** The gradients of a function of leaves with these values, one behind the other. */
export function gradientsOf(make: Make, leaves: readonly NestedArray[], f: (...leaves: Tensor[]) => Tensor): Tensor {
  const tensors = leaves.map((values) => make(values, { requiresGrad: true }));
  f(...tensors)
    .sum()
    .backward();
  const [first, ...others] = tensors.map((x) => x.grad!.reshape(-1));
  return others.reduce((all, x) => concat([all, x]), first);
}

/** What is not as it should be; undefined where all is right. */
export async function faultOf(one: NumberCase, device: Device): Promise<string | undefined> {
  const found = [...(await one.values(device).data())];
  if (found.length === one.right.length && found.every((value, i) => isRight(value, one.right[i], one.relative))) {
    return undefined;
  }
  return `${device.name} gives ${found.map(text).join(", ")}, right is ${one.right.map(text).join(", ")}`;
}

const text = (value: number) => (Object.is(value, -0) ? "-0" : String(value));

/** Compared in single precision: the reference computes in double. */
function isRight(value: number, right: number, relative: number): boolean {
  if (Object.is(Math.fround(value), Math.fround(right))) return true;
  return relative > 0 && Math.abs(value - right) <= relative * Math.abs(right);
}
