import { trainBeside } from "../../../scripts/src/course/curves.ts";
import { defineUse } from "../../../scripts/src/course/use.ts";

/** The feed-forward networks of a small GPT have the student's op in their middle. */
export const use = defineUse<typeof import("./starter.ts")>(({ silu }, context) =>
  trainBeside(context, { en: "your SiLU", ru: "вашей SiLU" }, { ops: { silu }, options: { activation: "silu" } }),
);
