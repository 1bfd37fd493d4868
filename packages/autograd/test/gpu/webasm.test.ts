import { describe, it } from "vitest";
import { createGpuDevice } from "../../src/devices/gpu/device.ts";
import { matmulCases } from "../conformance/cases/matmul.ts";
import { describeConformance } from "../conformance/conformance.ts";

describeConformance(await createGpuDevice({ backend: "webasm" }));

const plain = await createGpuDevice({ backend: "webasm", product: "plain" });
describe("device gpu, with one element of a product a thread", () => {
  for (const { kernel, name, run } of matmulCases) it(`${kernel}: ${name}`, () => run(plain));
});
