import type { Tensor } from "@lectern/autograd";
import { LayerNorm, Linear, Module, MultiHeadAttention } from "@lectern/nn";

/**
 * A block of a language model, pre-norm (Xiong et al., 2020): first attention, then a small network, each of which reads what there
 * is through a norm and adds to it. x: [batch, time, width] -> the same.
 */
export class TransformerBlock extends Module {
  norm1: LayerNorm;
  attention: MultiHeadAttention;
  norm2: LayerNorm;
  /** [..., width] -> [..., 4 width] */
  expand: Linear;
  /** [..., 4 width] -> [..., width] */
  contract: Linear;

  constructor(width: number, heads: number) {
    super();
    this.norm1 = new LayerNorm(width);
    this.attention = new MultiHeadAttention({ width, heads, causal: true });
    this.norm2 = new LayerNorm(width);
    this.expand = new Linear(width, 4 * width);
    this.contract = new Linear(4 * width, width);
  }

  /** a = x + attention(norm1(x)), then a + contract(gelu(expand(norm2(a)))). */
  forward(x: Tensor): Tensor {
    const a = x.add(this.attention.forward(this.norm1.forward(x)));
    const inner = this.expand.forward(this.norm2.forward(a)).gelu();
    return a.add(this.contract.forward(inner));
  }
}
