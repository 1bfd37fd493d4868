import { angleCases } from "./angles.ts";
import { divisionCases } from "./division.ts";
import { gradientCases } from "./gradients.ts";
import type { NumberCase } from "./numberCase.ts";
import { rowCases } from "./rows.ts";
import { specialCases } from "./special.ts";

/** What every device has to get right, by example. */
export const numberCases: readonly NumberCase[] = [
  ...divisionCases,
  ...angleCases,
  ...gradientCases,
  ...specialCases,
  ...rowCases,
];
