import { divisionCases } from "./division.ts";
import type { NumberCase } from "./numberCase.ts";

/** What every device has to get right, by example. */
export const numberCases: readonly NumberCase[] = [...divisionCases];
