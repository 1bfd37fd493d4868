import { describe, expect, it } from "vitest";
import {
  AnomalyError,
  type Device,
  defineOp,
  detectAnomaly,
  device,
  registerDevice,
  Storage,
  type Tensor,
  tensor,
  where,
} from "../src/index.ts";

/** The reference device, behind a door that only asynchronous reads go through: what a GPU looks like from here. */
function behindADoor(): Device {
  const inner = device("reference");
  const counted: Device = {
    ...inner,
    name: "behind a door",
    hostMemory: false,
    allocate: (length, dtype) => new Storage(counted, dtype, length, inner.allocate(length, dtype).handle),
    downloadSync() {
      throw new Error("nobody may wait for this device");
    },
  };
  registerDevice(counted);
  return counted;
}

const devices: [string, Device][] = [
  ["the cpu device", device("cpu")],
  ["the reference device", device("reference")],
  ["a device that has to be waited for", behindADoor()],
];

describe.each(devices)("on %s, watching for anomalies", (_, used) => {
  const on = (values: number[], requiresGrad = false): Tensor => {
    const x = tensor(values, { device: used });
    return requiresGrad ? x.requiresGrad_() : x;
  };

  it("names the first op that makes something infinite or no number, and where", async () => {
    const x = on([1, -2, 3]);
    const found = detectAnomaly(() => x.mul(2).sqrt().exp().sum());
    await expect(found).rejects.toThrow("sqrt makes NaN at element 1 of [3], from finite numbers");
  });

  it("names a gradient's rule, where the value itself is right", async () => {
    const x = on([4, 0, 1], true);
    const found = detectAnomaly(() => x.sqrt().sum().backward());
    await expect(found).rejects.toMatchObject({ name: "AnomalyError", op: "sqrt", phase: "backward" });
    await expect(found).rejects.toThrow("the gradient of sqrt makes Infinity at element 1 of [3], from finite numbers");
  });

  it("says which argument was wrong from the beginning", async () => {
    const [x, weight] = [on([1, 2]), on([0.5, Number.NaN])];
    await expect(detectAnomaly(() => x.mul(2).add(weight).exp())).rejects.toThrow(
      "add is given numbers that are not finite: its argument [2] has NaN at element 1",
    );
  });

  it("gives what the function gives where all is well, an infinity that is meant included", async () => {
    const x = on([1, 2]);
    const masked = await detectAnomaly(() => where(x.gt(1), x, Number.NEGATIVE_INFINITY).softmax(-1));
    expect([...(await masked.data())]).toEqual([0, 1]);
    await expect(detectAnomaly(() => Promise.reject(new Error("of another kind")))).rejects.toThrow("of another kind");
  });

  it("counts what an op is composed of as that op", async () => {
    const inverse = defineOp("inverse of its logarithm", {
      forward: (_ctx, y: Tensor): Tensor => y.log().pow(-1),
      backward: () => [undefined],
    });
    await expect(detectAnomaly(() => inverse(on([1])))).rejects.toMatchObject({ op: "inverse of its logarithm" });
  });
});

it("watches for as long as the function takes, and no longer", async () => {
  const x = tensor([-1]);
  await expect(detectAnomaly(() => x.sqrt())).rejects.toBeInstanceOf(AnomalyError);
  expect(x.sqrt().itemSync()).toBeNaN();
});
