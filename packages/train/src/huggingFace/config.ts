import { checked, type GPTOptions } from "@lectern/nn";

/** GPT-2's `config.json`, as far as it decides what the model computes. */
type Config = Readonly<Record<string, unknown>>;

const ACTIVATIONS: Readonly<Record<string, GPTOptions["activation"]>> = {
  gelu_new: "geluTanh",
  gelu_pytorch_tanh: "geluTanh",
  gelu_fast: "geluTanh",
  gelu: "gelu",
  relu: "relu",
  silu: "silu",
  swish: "silu",
};

/** The sizes of our model. Errors: another architecture, a setting that changes what is computed and is not known here. */
export async function optionsFrom(path: string, json: unknown): Promise<GPTOptions> {
  const { z } = await import("zod");
  const size = z.int().min(1).max(10_000_000);
  const config = checked(
    path,
    z.looseObject({
      model_type: z.literal("gpt2"),
      vocab_size: size.default(50257),
      n_positions: size.default(1024),
      n_embd: size.default(768),
      n_layer: z.int().min(1).max(1000).default(12),
      n_head: z.int().min(1).max(1000).default(12),
      n_inner: size.nullish(),
      activation_function: z.string().default("gelu_new"),
      layer_norm_epsilon: z.number().positive().default(1e-5),
      tie_word_embeddings: z.boolean().default(true),
      scale_attn_weights: z.boolean().default(true),
      scale_attn_by_inverse_layer_idx: z.boolean().default(false),
      add_cross_attention: z.boolean().default(false),
    }),
    json,
  );
  const refuse = (what: string): never => {
    throw new Error(`${path}: ${what}, which GPT does not do here`);
  };
  if (!config.scale_attn_weights) refuse("its attention is not scaled (scale_attn_weights is false)");
  if (config.scale_attn_by_inverse_layer_idx)
    refuse("each layer scales its attention (scale_attn_by_inverse_layer_idx)");
  if (config.n_embd % config.n_head !== 0) {
    throw new Error(
      `${path}: the width ${config.n_embd} (n_embd) cannot be shared out among ${config.n_head} heads (n_head)`,
    );
  }
  if (config.add_cross_attention) refuse("it attends to another model (add_cross_attention)");
  const name = config.activation_function;
  if (!Object.hasOwn(ACTIVATIONS, name)) refuse(`its activation_function is ${name.slice(0, 100)}`);
  return {
    vocabulary: config.vocab_size,
    layers: config.n_layer,
    heads: config.n_head,
    width: config.n_embd,
    context: config.n_positions,
    hidden: config.n_inner ?? undefined,
    activation: ACTIVATIONS[name],
    normEps: config.layer_norm_epsilon,
    tiedHead: config.tie_word_embeddings,
    bias: true,
  };
}

/** The way back. Errors: a model that GPT-2's architecture cannot be. */
export function configFrom(options: GPTOptions, endOfText: number | undefined, dtype: string): Config {
  const {
    vocabulary,
    layers,
    heads,
    width,
    context,
    hidden,
    activation = "gelu",
    normEps = 1e-5,
    tiedHead = true,
  } = options;
  if (options.norm === "post" || (options.positions ?? "learned") !== "learned") {
    throw new Error("GPT: GPT-2's format has norms before each part and learned positions; this model has others");
  }
  const [activation_function] = Object.entries(ACTIVATIONS).find(([, ours]) => ours === activation)!;
  return {
    architectures: ["GPT2LMHeadModel"],
    model_type: "gpt2",
    vocab_size: vocabulary,
    n_positions: context,
    n_embd: width,
    n_layer: layers,
    n_head: heads,
    n_inner: hidden ?? null,
    activation_function,
    layer_norm_epsilon: normEps,
    tie_word_embeddings: tiedHead,
    resid_pdrop: options.dropout ?? 0,
    embd_pdrop: options.dropout ?? 0,
    attn_pdrop: 0,
    ...(endOfText === undefined ? {} : { bos_token_id: endOfText, eos_token_id: endOfText }),
    dtype,
  };
}
