import { cpuDevice } from "../../src/devices/cpu/device.ts";
import { referenceDevice } from "../../src/devices/reference/device.ts";
import { describeConformance } from "./conformance.ts";

describeConformance(cpuDevice);

// The reference against itself shows that the cases hold together: no kernel writes beside its results.
describeConformance(referenceDevice, { relative: 0, absolute: 0 });
