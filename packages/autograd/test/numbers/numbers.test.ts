import { describe, expect, it } from "vitest";
import { createGpuDevice } from "../../src/devices/gpu/device.ts";
import { device } from "../../src/index.ts";
import { numberCases } from "./index.ts";
import { faultOf } from "./numberCase.ts";

const gpu = await createGpuDevice({ backend: "webasm" });

describe.each([device("reference"), device("cpu"), gpu])("on $name", (on) => {
  it.each(numberCases)("$name gives $right", async (one) => {
    expect(await faultOf(one, on)).toBeUndefined();
  });
});
