import { noGrad, type Tensor } from "@lectern/autograd";
import { Module, TransformerClassifier } from "@lectern/nn";
import { trainClassifiers } from "../../../scripts/src/course/classifiers.ts";
import { defineUse } from "../../../scripts/src/course/use.ts";

type Head = InstanceType<typeof import("./starter.ts").PoolingHead>;

/** A pooling layer that is the student's `pool`; the linear layer stands where a classifier's head does. */
class Pooled extends Module {
  readonly #head: Head;

  constructor(head: Head) {
    super();
    this.#head = head;
  }

  forward(x: Tensor, paddingMask?: Tensor): Tensor {
    return this.#head.pool(x, paddingMask);
  }
}

/** A classifier of names is trained with the student's head behind its blocks. */
export const use = defineUse<typeof import("./starter.ts")>(({ PoolingHead }, context) =>
  trainClassifiers(context, { en: "your head", ru: "вашей головой" }, (sizes) => {
    const model = new TransformerClassifier(sizes);
    const head = new PoolingHead(sizes.width, sizes.classes);
    // It begins as the library's does, so that the two can be compared.
    noGrad(() => {
      head.linear.weight.copy_(model.head.weight);
      head.linear.bias?.zero_();
    });
    model.pooling = new Pooled(head);
    model.head = head.linear;
    return model;
  }),
);
