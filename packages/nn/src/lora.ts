import { linear, noGrad, type Tensor, zeros } from "@lectern/autograd";
import { assertSizes } from "./check.ts";
import { fieldsOf } from "./fields.ts";
import { kaimingUniform_ } from "./init.ts";
import { Linear } from "./linear.ts";
import { Module } from "./module.ts";
import { parameter } from "./parameter.ts";

/** How large the updates of adapters are, and to which layers they are added. */
export interface LoRAOptions {
  /** How many numbers the update of a layer squeezes its input through. */
  rank: number;
  /** The update counts `alpha / rank` times; twice the rank unless said otherwise. */
  alpha?: number;
  /**
   * Which linear layers get an adapter, by the ends of their names: `attention.qkv`, `mlp.0`. Queries, keys and values, which
   * are one layer, unless said otherwise.
   */
  on?: readonly string[];
}

/**
 * A linear layer with a low-rank adapter (Hu et al., 2021): the layer stays as it is, and only an update of few parameters is
 * learned, `y = x Wᵀ + b + alpha / rank · (x Aᵀ) Bᵀ`. It begins with B = 0, so that at first nothing is changed.
 * x: [..., inputs] -> [..., outputs].
 */
export class LoRALinear extends Linear {
  /** A: [rank, inputs] */
  readonly down: Tensor;
  /** B: [outputs, rank] */
  readonly up: Tensor;
  readonly alpha: number;

  /** Takes a layer's weight and bias over, and freezes them. */
  constructor({ weight, bias }: Linear, { rank, alpha = 2 * rank }: LoRAOptions) {
    const [outputs, inputs] = weight.shape;
    super(1, 1, { bias: false });
    assertSizes("LoRALinear", { rank });
    this.weight = weight.requiresGrad_(false);
    this.bias = bias?.requiresGrad_(false);
    const { device } = weight;
    this.down = parameter(kaimingUniform_(zeros([rank, inputs], { device }), { a: Math.sqrt(5) }));
    this.up = parameter(zeros([outputs, rank], { device }));
    this.alpha = alpha;
  }

  get rank(): number {
    return this.down.shape[0];
  }

  override forward(x: Tensor): Tensor {
    const update = linear(linear(x, this.down).mul(this.alpha / this.rank), this.up);
    return super.forward(x).add(update);
  }

  /** A plain layer that computes the same, `W + alpha / rank · B A`; it has this one's memory. */
  merged(): Linear {
    const { weight, bias, up, down } = this;
    noGrad(() => weight.add_(up.matmul(down).mul(this.alpha / this.rank)));
    const plain = new Linear(1, 1, { bias: false });
    plain.weight = weight.requiresGrad_();
    plain.bias = bias?.requiresGrad_();
    return plain;
  }
}

/** Every linear layer of a model, by its name, and how to put another one in its place. */
function linearLayers(model: Module): { name: string; layer: Linear; replace(layer: Linear): void }[] {
  return Array.from(model.namedModules()).flatMap(([prefix, module]) => {
    const children = new Map(Array.from(module.namedChildren(), ([name, child]) => [child, name]));
    return fieldsOf(module, (value) => value instanceof Module).flatMap(({ part, replace }) => {
      if (!(part instanceof Linear)) return [];
      return [{ name: `${prefix === "" ? "" : `${prefix}.`}${children.get(part)}`, layer: part, replace }];
    });
  });
}

/** A model's adapters, by the names of their layers. */
export function loraLayers(model: Module): Map<string, LoRALinear> {
  const found = linearLayers(model).filter(({ layer }) => layer instanceof LoRALinear);
  return new Map(found.map(({ name, layer }) => [name, layer as LoRALinear]));
}

/**
 * Gives some of a model's linear layers adapters, and freezes everything else: what is trained from then on are the adapters.
 * Make the optimiser afterwards. Errors: no layer has such a name, or
 * its weight is another's too, as a tied head's; adapters that are there already.
 *
 * ```ts
 * import { addLoRA, GPT } from "@lectern/nn";
 *
 * const model = new GPT({ vocabulary: 65, layers: 4, heads: 4, width: 128, context: 64 });
 * addLoRA(model, { rank: 8 });
 * ```
 */
export function addLoRA<M extends Module>(model: M, options: LoRAOptions): M {
  const { on = ["attention.qkv"] } = options;
  const layers = linearLayers(model);
  if (loraLayers(model).size > 0) throw new Error("addLoRA: this model has adapters already: mergeLoRA them first");
  const isMeant = (name: string) => on.some((end) => name === end || name.endsWith(`.${end}`));
  const meant = layers.filter(({ name, layer }) => layer.constructor === Linear && isMeant(name));
  if (meant.length === 0) {
    const ends = new Set(layers.map(({ name }) => name.replace(/^.*\.\d+\.(?=\D)/, "")));
    throw new Error(`addLoRA: no linear layer is called ${on.join(" or ")}; there are ${[...ends].join(", ")}`);
  }
  for (const { name, layer } of meant) {
    const users = [...model.namedModules()].filter(([, m]) => m.ownParameters().some(([, p]) => p === layer.weight));
    if (users.length > 1)
      throw new Error(`addLoRA: ${name} shares its weight with another layer, which merging would change`);
  }
  for (const p of model.parameters()) p.requiresGrad_(false);
  for (const { layer, replace } of meant) replace(new LoRALinear(layer, options));
  return model;
}

/** Puts plain layers that compute the same in the adapters' places: everything can be trained again. */
export function mergeLoRA<M extends Module>(model: M): M {
  for (const { layer, replace } of linearLayers(model)) if (layer instanceof LoRALinear) replace(layer.merged());
  for (const p of model.parameters()) p.requiresGrad_();
  return model;
}
