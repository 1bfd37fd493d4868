import { trainBeside } from "../../../scripts/src/course/curves.ts";
import { defineUse } from "../../../scripts/src/course/use.ts";

/** A small GPT is trained by the student's optimiser. */
export const use = defineUse<typeof import("./starter.ts")>(({ AdamW }, context) =>
  trainBeside(
    context,
    { en: "your AdamW", ru: "вашим AdamW" },
    { optimizer: (parameters, lr) => new AdamW(parameters, { lr }) },
  ),
);
