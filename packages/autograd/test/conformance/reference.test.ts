import { referenceDevice } from "../../src/devices/reference/device.ts";
import { describeConformance } from "./conformance.ts";

// The reference against itself shows that the cases hold together: no kernel writes beside its results.
describeConformance(referenceDevice, { relative: 0, absolute: 0 });
