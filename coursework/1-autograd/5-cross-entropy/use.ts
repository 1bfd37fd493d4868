import type { Tensor } from "@lectern/autograd";
import { trainBeside } from "../../../scripts/src/course/curves.ts";
import { defineUse } from "../../../scripts/src/course/use.ts";

/** A small GPT is trained by the student's loss. */
export const use = defineUse<typeof import("./starter.ts")>((student, context) => {
  const loss = (logits: Tensor, targets: Tensor) =>
    student.crossEntropy(logits.reshape(-1, logits.shape[2]), targets.reshape(-1));
  return trainBeside(context, { en: "your cross entropy", ru: "вашей кросс-энтропией" }, { loss });
});
