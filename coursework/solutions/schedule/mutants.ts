import type { Mutants } from "../../../scripts/src/course/task.ts";

const RISE = "(step + 1) / (warmup + 1)";
const FALL = "floor + ((1 - floor) * (1 + Math.cos(Math.PI * progress))) / 2";
const PROGRESS = "Math.min(1, (step - warmup) / (steps - warmup))";

export const mutants: Mutants = {
  fromZero: [[RISE, "step / warmup"]],
  fullTooEarly: [[RISE, "(step + 1) / warmup"]],
  overAllSteps: [[PROGRESS, "Math.min(1, step / steps)"]],
  floorAdded: [[FALL, "floor + (1 + Math.cos(Math.PI * progress)) / 2"]],
  floorCut: [[FALL, "Math.max(floor, (1 + Math.cos(Math.PI * progress)) / 2)"]],
  risesAgain: [[PROGRESS, "(step - warmup) / (steps - warmup)"]],
  wholeCosine: [[FALL, "floor + (1 - floor) * Math.cos(Math.PI * progress)"]],
};
