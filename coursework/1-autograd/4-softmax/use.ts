import type { Tensor } from "@lectern/autograd";
import { trainBeside } from "../../../scripts/src/course/curves.ts";
import { defineUse } from "../../../scripts/src/course/use.ts";

/** A small GPT's attention takes its weights from the student's softmax, and its loss the logarithm. */
export const use = defineUse<typeof import("./starter.ts")>((student, context) => {
  const softmax = (x: Tensor) => student.softmax(x.reshape(-1, x.shape[x.rank - 1])).reshape(x.shape);
  const ops = { softmax, logSoftmax: (x: Tensor) => softmax(x).log() };
  return trainBeside(context, { en: "your softmax", ru: "вашим softmax" }, { ops });
});
