import { noGrad, type Tensor, tensor } from "@lectern/autograd";
import { type AttentionMasks, TransformerBlock } from "@lectern/nn";
import { matrix } from "../../../scripts/src/course/exercise.ts";

type Student = typeof import("./starter.ts");

export const closed = ["TransformerClassifier"];

export interface Sizes {
  vocabulary: number;
  classes: number;
  layers: number;
  heads: number;
  width: number;
  context: number;
}

/** A classifier with given numbers, in whose blocks simple ones stand, and a batch. */
export interface Classified {
  /** [vocabulary, width] */
  embedding: number[][];
  /** [context, width] */
  positions: number[][];
  /** One for each block: it gives tanh(slope x) plus the mean of x over what is no padding. */
  slopes: number[];
  /** [classes, width] */
  head: number[][];
  tokens: number[][];
  mask: number[][];
}

/** Stands in a block's place, so that one can compute by hand what comes out. */
class SimpleBlock extends TransformerBlock {
  readonly #slope: number;

  constructor(width: number, slope: number) {
    super({ width, heads: 1, causal: false });
    this.#slope = slope;
  }

  override forward(x: Tensor, { paddingMask }: AttentionMasks = {}): Tensor {
    const seen = paddingMask?.unsqueeze(-1).float();
    const mean = seen === undefined ? x.mean(1) : x.mul(seen).sum(1).div(seen.sum(1));
    return x.mul(this.#slope).tanh().add(mean.unsqueeze(1));
  }
}

const integers = (values: number[] | number[][]): Tensor => tensor(values as number[], { dtype: "int32" });

function classifierOf({ Classifier }: Student, { embedding, positions, slopes, head }: Classified) {
  const width = embedding[0].length;
  const [vocabulary, context, classes] = [embedding, positions, head].map(({ length }) => length);
  const model = new Classifier({ vocabulary, classes, layers: slopes.length, heads: 1, width, context });
  noGrad(() => {
    model.tokens.weight.copy_(tensor(embedding));
    model.positions.weight.copy_(tensor(positions));
    model.head.weight.copy_(tensor(head));
    model.head.bias?.zero_();
  });
  model.blocks.splice(0, model.blocks.length, ...slopes.map((slope) => new SimpleBlock(width, slope)));
  return model;
}

export const exercises = {
  /** How many numbers each part learns, and the weight with which the first position sees the last, if it does. */
  made({ Classifier }: Student, sizes: Sizes) {
    const model = new Classifier(sizes);
    const numbers = new Map<string, number>();
    for (const [name, p] of model.namedParameters()) {
      const part = name.split(".")[0];
      numbers.set(part, (numbers.get(part) ?? 0) + p.size);
    }
    const embedded = tensor([Array.from({ length: sizes.context }, () => new Array(sizes.width).fill(0.5))]);
    const weights = model.blocks[0].attentionWeights(embedded).arraySync() as number[][][][];
    return {
      numbers: ["tokens", "positions", "blocks", "norm"].map((part) => numbers.get(part) ?? 0),
      blocks: model.blocks.length,
      seesLater: weights[0][0][0][sizes.context - 1] > 0,
    };
  },

  logits: (student: Student, given: Classified) =>
    matrix(classifierOf(student, given).forward(integers(given.tokens), integers(given.mask))),

  async loss(student: Student, { labels, ...given }: Classified & { labels: number[] }) {
    const model = classifierOf(student, given);
    const batch = { tokens: integers(given.tokens), paddingMask: integers(given.mask), labels: integers(labels) };
    return model.loss(batch).item();
  },
};
