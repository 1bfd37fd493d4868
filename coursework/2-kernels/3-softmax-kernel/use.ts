import type { Tensor } from "@lectern/autograd";
import { trainBeside } from "../../../scripts/src/course/curves.ts";
import { defineUse } from "../../../scripts/src/course/use.ts";

/** A small GPT's attention takes its weights from the student's two kernels. */
export const use = defineUse<typeof import("./starter.ts")>((student, context) => {
  const softmax = (x: Tensor) => student.softmax(x.reshape(-1, x.shape[x.rank - 1])).reshape(x.shape);
  // A larger step makes a difference in the last digit one that can be seen.
  return trainBeside(context, { en: "your kernels", ru: "вашими ядрами" }, { ops: { softmax }, steps: 60, lr: 1e-3 });
});
