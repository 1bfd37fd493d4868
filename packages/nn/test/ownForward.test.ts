import {
  arange,
  crossEntropy,
  gradients,
  linear,
  manualSeed,
  noGrad,
  ones,
  randn,
  type Tensor,
  zeros,
} from "@lectern/autograd";
import {
  Embedding,
  FeedForward,
  GELU,
  GPT,
  type KeyValueCache,
  Linear,
  MultiHeadAttention,
  PositionalEmbedding,
  parameter,
  Sequential,
  SinusoidalEncoding,
  TransformerBlock,
} from "@lectern/nn";
import { beforeEach, describe, expect, it } from "vitest";
import { ints } from "./fixture.ts";

beforeEach(() => manualSeed(3));

/** A frozen layer, and a product of two thin matrices that learns beside it (Hu et al., 2021). */
class LoRALinear extends Linear {
  readonly down: Tensor;
  readonly up: Tensor;

  constructor({ weight, bias }: Linear, rank: number) {
    const [outputs, inputs] = weight.shape;
    super(inputs, outputs, { bias: false });
    this.weight = weight.requiresGrad_(false);
    this.bias = bias?.requiresGrad_(false);
    this.down = parameter(randn([rank, inputs]).mul(0.2));
    this.up = parameter(zeros([outputs, rank]));
  }

  override forward(x: Tensor): Tensor {
    return super.forward(x).add(linear(linear(x, this.down), this.up));
  }
}

/** An embedding of whole numbers and a scale, as a quantised one is. */
class QuantisedEmbedding extends Embedding {
  readonly scale = 0.125;

  override forward(tokens: Tensor): Tensor {
    return super.forward(tokens).div(this.scale).round().mul(this.scale);
  }
}

const options = { vocabulary: 7, layers: 2, heads: 2, width: 8, context: 6 };
const tokens = () => ints([[0, 3, 4, 6, 1]]);
const valuesOf = (t: Tensor) => Array.from(t.dataSync());

function cachedLogits(model: GPT, cache: KeyValueCache): number[] {
  const prompt = model.forwardCached(ints([[0, 3, 4]]), cache);
  const rest = [6, 1].map((token) => model.forwardCached(ints([[token]]), cache));
  return [prompt, ...rest].flatMap(valuesOf);
}

/** Every Linear of a GPT, with an adapter beside it. */
function adapted(model: GPT): LoRALinear[] {
  const adapters: LoRALinear[] = [];
  const adapt = (layer: Linear) => {
    const adapter = new LoRALinear(layer, 2);
    adapters.push(adapter);
    return adapter;
  };
  for (const { attention, mlp } of model.blocks) {
    attention.qkv = adapt(attention.qkv);
    attention.out = adapt(attention.out);
    for (const i of [0, 2]) mlp.layers[i] = adapt(mlp.layers[i] as Linear);
  }
  model.head = adapt(model.head);
  return adapters;
}

describe("a GPT with adapters in place of its linear layers", () => {
  it("calls each of them: every adapter gets gradients, and no frozen weight does", () => {
    const model = new GPT(options);
    const adapters = adapted(model);
    for (const { up } of adapters) noGrad(() => up.copy_(randn(up.shape).mul(0.1)));
    crossEntropy(model.forward(tokens()), tokens()).backward();
    for (const { up, down, weight } of adapters) {
      for (const { grad } of [up, down]) expect(grad?.abs().max().itemSync()).toBeGreaterThan(0);
      expect(weight.grad).toBeUndefined();
    }
  });

  it("gives what it gave before while they are zero, and something else through each of them", () => {
    const model = new GPT(options);
    const before = valuesOf(model.forward(tokens()));
    const adapters = adapted(model);
    const untouched = valuesOf(model.forward(tokens()));
    for (const [i, value] of before.entries()) expect(untouched[i]).toBeCloseTo(value, 5);
    for (const { up } of adapters) {
      noGrad(() => up.fill_(0.3));
      const changed = valuesOf(model.forward(tokens()));
      expect(changed).not.toEqual(untouched);
      const cached = cachedLogits(model, model.makeCache());
      for (const [i, value] of changed.entries()) expect(cached[i]).toBeCloseTo(value, 4);
      noGrad(() => up.zero_());
    }
  });
});

describe("an embedding with its own forward", () => {
  const halved = (model: GPT, positions: Tensor) => {
    const { tokens: table } = model;
    return table.forward(tokens()).add(positions.slice(0, 0, 5));
  };

  it("is what positions are added to", () => {
    for (const kind of ["learned", "sinusoidal"] as const) {
      const model = new GPT({ ...options, positions: kind });
      model.tokens = new QuantisedEmbedding(7, 8);
      const positions = model.positions!;
      const table = positions instanceof SinusoidalEncoding ? positions.table : positions.weight;
      expect(valuesOf(positions.embed(tokens(), model.tokens))).toEqual(valuesOf(halved(model, table)));
    }
  });

  it("is what a tied head multiplies with, with the cache and without", () => {
    const model = new GPT(options);
    const vectors: Tensor[] = [];
    model.norm!.forward = (x: Tensor) => {
      vectors.push(x);
      return x;
    };
    const tied = new QuantisedEmbedding(7, 8);
    tied.weight = model.tokens.weight;
    model.tokens = tied;
    const logits = model.forward(tokens());
    const rows = tied.forward(arange(7));
    expect(valuesOf(logits)).toEqual(valuesOf(vectors[0].matmul(rows.T)));
    const cached = cachedLogits(model, model.makeCache());
    for (const [i, value] of valuesOf(logits).entries()) expect(cached[i]).toBeCloseTo(value, 4);
  });

  it("sends gradients to the shared table as the plain one does", () => {
    class Plain extends Embedding {
      override forward(x: Tensor): Tensor {
        return super.forward(x);
      }
    }
    const model = new GPT(options);
    const [expected] = gradients(crossEntropy(model.forward(tokens()), tokens()), [model.tokens.weight]);
    const plain = new Plain(7, 8);
    plain.weight = model.tokens.weight;
    model.tokens = plain;
    const [found] = gradients(crossEntropy(model.forward(tokens()), tokens()), [plain.weight]);
    for (const [i, value] of valuesOf(expected!).entries()) expect(valuesOf(found!)[i]).toBeCloseTo(value, 5);
  });
});

describe("positions, a nonlinearity and a head with their own forward", () => {
  it("are called", () => {
    class Louder extends PositionalEmbedding {
      override forward(x: Tensor, start = 0): Tensor {
        return super.forward(x.mul(2), start);
      }
    }
    class Doubled extends GELU {
      override forward(x: Tensor): Tensor {
        return super.forward(x).mul(2);
      }
    }
    const [positions, vectors] = [new Louder(6, 8), new Embedding(7, 8)];
    const expected = positions.forward(vectors.forward(tokens()));
    expect(valuesOf(positions.embed(tokens(), vectors))).toEqual(valuesOf(expected));

    const [up, down] = [new Linear(2, 3), new Linear(3, 2)];
    const x = randn([4, 2]);
    const doubled = new Sequential(up, new Doubled(), down).forward(x);
    expect(valuesOf(doubled)).toEqual(valuesOf(down.forward(up.forward(x).gelu().mul(2))));
    const mlp = new FeedForward(2, { activation: new Doubled() });
    const [first, , last] = mlp.layers;
    expect(valuesOf(mlp.forward(x))).toEqual(valuesOf(last.forward(first.forward(x).gelu().mul(2))));
  });

  it("so are forwards that an object got for itself", () => {
    const [up, gelu] = [new Linear(2, 3), new GELU()];
    up.forward = (x) => x.matmul(ones([2, 3]));
    const x = randn([4, 2]);
    expect(valuesOf(new Sequential(up, gelu).forward(x))).toEqual(valuesOf(x.matmul(ones([2, 3])).gelu()));
  });
});

describe("attention and blocks with their own forward", () => {
  /** Attention that gives nothing. */
  class Silent extends MultiHeadAttention {
    override forward(x: Tensor): Tensor {
      return x.mul(0);
    }
  }
  class SilentCached extends Silent {
    override forwardCached(x: Tensor): Tensor {
      return this.forward(x);
    }
  }
  class Through extends TransformerBlock {
    override forward(x: Tensor): Tensor {
      return x;
    }
  }
  const sizes = { width: 8, heads: 2, causal: true };

  it("are not gone past by a cache: without a forwardCached of theirs it is refused", () => {
    const model = new GPT(options);
    model.blocks[1].attention = new Silent(sizes);
    expect(() => cachedLogits(model, model.makeCache())).toThrow(
      /^Silent: .*MultiHeadAttention's forwardCached.*go past/,
    );
    model.blocks[1] = new Through(sizes);
    expect(() => cachedLogits(model, model.makeCache())).toThrow(
      /^Through: .*TransformerBlock's forwardCached.*go past/,
    );
  });

  it("go on from a cache by a forwardCached of theirs", () => {
    const model = new GPT(options);
    model.blocks[1].attention = new SilentCached(sizes);
    const cached = cachedLogits(model, model.makeCache());
    for (const [i, value] of valuesOf(model.forward(tokens())).entries()) expect(cached[i]).toBeCloseTo(value, 4);
  });
});
