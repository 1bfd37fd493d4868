import { createGpuDevice } from "../../src/devices/gpu/device.ts";
import { describeConformance } from "../conformance/conformance.ts";

describeConformance(await createGpuDevice({ backend: "webasm" }));
