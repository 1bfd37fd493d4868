import type { Tensor } from "@lectern/autograd";
import { LayerNorm } from "@lectern/nn";
import { trainBeside } from "../../../scripts/src/course/curves.ts";
import { defineUse } from "../../../scripts/src/course/use.ts";

type Own = InstanceType<typeof import("./starter.ts")["LayerNorm"]>;

/** The student's layer where the library's stands: it computes, and its weight and bias are those that are trained. */
class Exchanged extends LayerNorm {
  readonly #own: Own;

  constructor(own: Own) {
    super(own.weight.shape[0]);
    this.#own = own;
    this.weight = own.weight;
    this.bias = own.bias;
  }

  override forward(x: Tensor): Tensor {
    return this.#own.forward(x);
  }
}

/** All norms of a small GPT are the student's. */
export const use = defineUse<typeof import("./starter.ts")>((student, context) =>
  trainBeside(
    context,
    { en: "your layer norm", ru: "вашей нормализацией" },
    {
      change(model) {
        const norm = () => new Exchanged(new student.LayerNorm(model.options.width));
        for (const block of model.blocks) Object.assign(block, { norm1: norm(), norm2: norm() });
        model.norm = norm();
      },
    },
  ),
);
