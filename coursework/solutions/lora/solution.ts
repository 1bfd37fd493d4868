import { noGrad, randn, type Tensor, zeros } from "@lectern/autograd";
import { Linear, parameter } from "@lectern/nn";

export interface LoRAOptions {
  /** How many numbers the update squeezes its input through. */
  rank: number;
  /** The update counts alpha / rank times. */
  alpha: number;
}

/** A linear layer with a low-rank adapter: y = x Wᵀ + b + alpha / rank · (x Aᵀ) Bᵀ. */
export class LoRALinear extends Linear {
  /** A: [rank, inputs] */
  readonly down: Tensor;
  /** B: [outputs, rank] */
  readonly up: Tensor;
  readonly scale: number;

  constructor(layer: Linear, { rank, alpha }: LoRAOptions) {
    super(1, 1, { bias: false });
    const [outputs, inputs] = layer.weight.shape;
    this.weight = layer.weight.requiresGrad_(false);
    this.bias = layer.bias?.requiresGrad_(false);
    this.down = parameter(randn([rank, inputs]).mul(0.02));
    this.up = parameter(zeros([outputs, rank]));
    this.scale = alpha / rank;
  }

  override forward(x: Tensor): Tensor {
    const update = x.matmul(this.down.transpose(0, 1)).matmul(this.up.transpose(0, 1));
    return super.forward(x).add(update.mul(this.scale));
  }

  merged(): Linear {
    const { weight, bias, up, down, scale } = this;
    const [outputs, inputs] = weight.shape;
    const plain = new Linear(inputs, outputs, { bias: bias !== undefined });
    noGrad(() => {
      plain.weight.copy_(weight.add(up.matmul(down).mul(scale)));
      if (bias !== undefined) plain.bias!.copy_(bias);
    });
    return plain;
  }
}
