import { cpuDevice } from "../../src/devices/cpu/device.ts";
import { describeConformance } from "./conformance.ts";

describeConformance(cpuDevice);
