import type { Device, Storage, Strided } from "../../src/device.ts";
import { referenceDevice } from "../../src/devices/reference/device.ts";
import { positions } from "../../src/devices/reference/elements.ts";
import { formatShape } from "../../src/shape.ts";
import { Numbers, type Operand } from "./operands.ts";

/** A number is right if it is within `relative * |reference| + absolute * magnitude` of the reference. */
export interface Tolerance {
  readonly relative: number;
  readonly absolute: number;
}

/** For devices that compute in single precision, whose numbers are 6e-8 apart, relatively. */
export const FLOAT32: Tolerance = { relative: 1e-5, absolute: 1e-6 };

/** For graphics hardware, whose exp, sin and the like are only that good. */
export const GRAPHICS: Tolerance = { relative: 2e-4, absolute: 5e-5 };

/** One proof that a kernel of a device does what the reference does. */
export interface Case {
  readonly kernel: keyof Device;
  readonly name: string;
  /** True where NaN is among the operands, of which WebGL and WGSL promise nothing. */
  readonly usesNaN: boolean;
  /** Errors: what differs, and where. */
  run(device: Device, tolerance?: Tolerance): Promise<void>;
}

type Body = (check: Check) => Promise<void> | void;

/** Makes a case. Its body draws from random numbers that depend on its names alone. */
export function defineCase(kernel: keyof Device, name: string, body: Body, usesNaN = false): Case {
  return {
    kernel,
    name,
    usesNaN,
    async run(device, tolerance = FLOAT32) {
      await body(new Check(device, tolerance, new Numbers(`${kernel} ${name}`)));
    },
  };
}

type Operands = Record<string, Operand>;
type Placed<T extends Operands> = { [K in keyof T]: Strided };
type Call<T extends Operands> = (device: Device, operands: Placed<T>) => void;

/** Copies operands to a device. Operands over one memory share a storage there. */
function place<T extends Operands>(device: Device, operands: T): Placed<T> {
  const storages = new Map<Operand["memory"], Storage>();
  const entries = Object.entries(operands).map(([name, { dtype, memory, shape, strides, offset }]) => {
    let storage = storages.get(memory);
    if (storage === undefined) {
      storage = device.allocate(memory.length, dtype);
      device.upload(storage, memory, 0);
      storages.set(memory, storage);
    }
    return [name, { storage, shape, strides, offset }];
  });
  return Object.fromEntries(entries) as Placed<T>;
}

function release(device: Device, operands: Record<string, Strided>): void {
  for (const storage of new Set(Object.values(operands).map((x) => x.storage))) device.release(storage);
}

export class Check {
  readonly device: Device;
  readonly tolerance: Tolerance;
  readonly numbers: Numbers;

  constructor(device: Device, tolerance: Tolerance, numbers: Numbers) {
    this.device = device;
    this.tolerance = tolerance;
    this.numbers = numbers;
  }

  /**
   * Calls a kernel on the device and on the reference, and compares the whole storages of all operands afterwards: results,
   * what lies around them, and inputs, which have to be as they were. `magnitude` is the size of the terms that a result
   * is summed from, where that is not about 1; 0 asks for the very same numbers.
   */
  async agree<T extends Operands>(operands: T, call: Call<T>, magnitude = 1): Promise<void> {
    const expected = place(referenceDevice, operands);
    call(referenceDevice, expected);
    const actual = place(this.device, operands);
    try {
      call(this.device, actual);
      // All reads at once: a GPU has to be waited for only once so.
      const comparisons = Object.keys(operands).map((name) =>
        this.#compare(name, operands[name], actual[name], expected[name], magnitude),
      );
      await Promise.all(comparisons);
    } finally {
      release(this.device, actual);
    }
  }

  /** The kernel has to refuse, at once or when its result is read, with an error that holds `fragment`. */
  async rejects<T extends Operands>(operands: T, call: Call<T>, fragment: string): Promise<void> {
    for (const device of [referenceDevice, this.device]) {
      const placed = place(device, operands);
      const message = await this.#errorOf(device, placed, call);
      release(device, placed);
      if (message === undefined) throw new Error(`${device.name} accepts what it has to refuse (${fragment})`);
      if (!message.includes(fragment))
        throw new Error(`${device.name}: the error does not mention ${fragment}: ${message}`);
    }
  }

  async #errorOf<T extends Operands>(device: Device, placed: Placed<T>, call: Call<T>): Promise<string | undefined> {
    try {
      call(device, placed);
      for (const { storage } of Object.values<Strided>(placed)) await device.download(storage, 0, storage.length);
      return undefined;
    } catch (error) {
      return error instanceof Error ? error.message : String(error);
    }
  }

  async #compare(name: string, operand: Operand, actual: Strided, expected: Strided, magnitude: number): Promise<void> {
    const { length } = operand.memory;
    const got = await this.device.download(actual.storage, 0, length);
    const want = referenceDevice.downloadSync(expected.storage, 0, length);
    // Rounded, so that what overflows in single precision is expected to be infinite.
    const round = operand.dtype === "float32" ? Math.fround : (value: number) => value;
    for (let i = 0; i < length; i++) {
      if (this.#close(round(got[i]), round(want[i]), operand.dtype === "int32" ? 0 : magnitude)) continue;
      throw new Error(`${whereIs(name, operand, i)} is ${got[i]}, the reference has ${want[i]}`);
    }
  }

  #close(got: number, want: number, magnitude: number): boolean {
    if (got === want || (Number.isNaN(got) && Number.isNaN(want))) return true;
    if (magnitude === 0 || !Number.isFinite(want)) return false;
    const { relative, absolute } = this.tolerance;
    return Math.abs(got - want) <= relative * Math.abs(want) + absolute * magnitude;
  }
}

/** Names an element of a storage by its index in the array: `out[2, 0]`. */
function whereIs(name: string, operand: Operand, at: number): string {
  const { shape, strides, offset } = operand;
  let rest = positions(operand).indexOf(at);
  const array = `${name} ${formatShape(shape)} with strides ${formatShape(strides)} from ${offset}`;
  if (rest < 0) return `${array}: element ${at} of the storage, which does not belong to it,`;
  const index = new Array<number>(shape.length);
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    index[axis] = rest % shape[axis];
    rest = Math.floor(rest / shape[axis]);
  }
  return `${array}: element ${formatShape(index)}`;
}
