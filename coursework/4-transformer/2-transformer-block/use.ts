import type { Tensor } from "@lectern/autograd";
import { TransformerBlock } from "@lectern/nn";
import { trainBeside } from "../../../scripts/src/course/curves.ts";
import { defineUse } from "../../../scripts/src/course/use.ts";

type Own = InstanceType<typeof import("./starter.ts")["TransformerBlock"]>;

/** The student's block where the library's stands: both have the same parts, and the student's puts them together. */
class Exchanged extends TransformerBlock {
  readonly #own: Own;

  constructor(own: Own, block: TransformerBlock) {
    super({ width: own.norm1.weight.shape[0], heads: own.attention.heads, causal: true });
    this.#own = own;
    const { norm1, norm2, attention, mlp } = block;
    own.expand.loadStateDict(mlp.layers[0].stateDict());
    own.contract.loadStateDict(mlp.layers[2].stateDict());
    Object.assign(own, { norm1, norm2, attention });
    Object.assign(this, { norm1, norm2, attention });
    [this.mlp.layers[0], this.mlp.layers[2]] = [own.expand, own.contract];
  }

  override forward(x: Tensor): Tensor {
    return this.#own.forward(x);
  }
}

/** All blocks of a small GPT are the student's. */
export const use = defineUse<typeof import("./starter.ts")>((student, context) =>
  trainBeside(
    context,
    { en: "your block", ru: "вашим блоком" },
    {
      change({ blocks, options: { width, heads } }) {
        for (const [i, block] of blocks.entries()) {
          blocks[i] = new Exchanged(new student.TransformerBlock(width, heads), block);
        }
      },
    },
  ),
);
