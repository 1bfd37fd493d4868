import type { Shape } from "@lectern/autograd";
import type { GPTOptions } from "@lectern/nn";

/** A parameter in GPT-2's checkpoints, and its name in ours; `transposed` where they hold [inputs, outputs] (Conv1D). */
export interface NamePair {
  readonly theirs: string;
  readonly ours: string;
  readonly transposed: boolean;
  /** As it lies there. */
  readonly shape: Shape;
}

/** Every parameter of a GPT-2 of these sizes. */
export function parameterNames(options: GPTOptions): NamePair[] {
  const { vocabulary, context, layers, width, hidden = 4 * width, tiedHead = true } = options;
  const plain = (theirs: string, ours: string, shape: Shape): NamePair => ({ theirs, ours, shape, transposed: false });
  const norm = (theirs: string, ours: string) => [
    plain(`${theirs}.weight`, `${ours}.weight`, [width]),
    plain(`${theirs}.bias`, `${ours}.bias`, [width]),
  ];
  const projection = (theirs: string, ours: string, inputs: number, outputs: number) => [
    { theirs: `${theirs}.weight`, ours: `${ours}.weight`, shape: [inputs, outputs], transposed: true },
    plain(`${theirs}.bias`, `${ours}.bias`, [outputs]),
  ];
  const block = (theirs: string, ours: string) => [
    ...norm(`${theirs}.ln_1`, `${ours}.norm1`),
    ...projection(`${theirs}.attn.c_attn`, `${ours}.attention.qkv`, width, 3 * width),
    ...projection(`${theirs}.attn.c_proj`, `${ours}.attention.out`, width, width),
    ...norm(`${theirs}.ln_2`, `${ours}.norm2`),
    ...projection(`${theirs}.mlp.c_fc`, `${ours}.mlp.0`, width, hidden),
    ...projection(`${theirs}.mlp.c_proj`, `${ours}.mlp.2`, hidden, width),
  ];
  return [
    plain("wte.weight", "tokens.weight", [vocabulary, width]),
    plain("wpe.weight", "positions.weight", [context, width]),
    ...Array.from({ length: layers }, (_, i) => block(`h.${i}`, `blocks.${i}`)).flat(),
    ...norm("ln_f", "norm"),
    ...(tiedHead ? [] : [plain("lm_head.weight", "head.weight", [vocabulary, width])]),
  ];
}

/** Masks and constants that older versions saved beside the weights. */
export const isBuffer = (name: string): boolean => /^h\.\d+\.attn\.(bias|masked_bias)$/.test(name);

/** A name without what a model around this one puts before it. */
export const withoutPrefix = (name: string): string => name.replace(/^transformer\./, "");
