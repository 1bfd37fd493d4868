import { trainClassifiers } from "../../../scripts/src/course/classifiers.ts";
import { defineUse } from "../../../scripts/src/course/use.ts";

/** The student's classifier is trained on names. */
export const use = defineUse<typeof import("./starter.ts")>(({ Classifier }, context) =>
  trainClassifiers(
    context,
    { en: "your classifier", ru: "вашим классификатором" },
    (sizes) => new Classifier({ ...sizes }),
  ),
);
