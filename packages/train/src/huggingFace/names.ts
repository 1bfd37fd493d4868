/** Names of a parameter in GPT-2's checkpoints, and in ours; `transposed` where they hold [inputs, outputs] (Conv1D). */
export interface NamePair {
  readonly theirs: string;
  readonly ours: string;
  readonly transposed: boolean;
}

/** Inside a block: `h.0.` there, `blocks.0.` here. */
const BLOCK: readonly (readonly [theirs: string, ours: string, transposed: boolean])[] = [
  ["ln_1", "norm1", false],
  ["attn.c_attn", "attention.qkv", true],
  ["attn.c_proj", "attention.out", true],
  ["ln_2", "norm2", false],
  ["mlp.c_fc", "mlp.0", true],
  ["mlp.c_proj", "mlp.2", true],
];

/** Every parameter of a GPT-2 with so many layers. */
export function parameterNames(layers: number, tiedHead: boolean): NamePair[] {
  const both = (theirs: string, ours: string, transposed: boolean): NamePair[] => [
    { theirs: `${theirs}.weight`, ours: `${ours}.weight`, transposed },
    { theirs: `${theirs}.bias`, ours: `${ours}.bias`, transposed: false },
  ];
  return [
    { theirs: "wte.weight", ours: "tokens.weight", transposed: false },
    { theirs: "wpe.weight", ours: "positions.weight", transposed: false },
    ...Array.from({ length: layers }, (_, i) =>
      BLOCK.flatMap(([theirs, ours, transposed]) => both(`h.${i}.${theirs}`, `blocks.${i}.${ours}`, transposed)),
    ).flat(),
    ...both("ln_f", "norm", false),
    ...(tiedHead ? [] : [{ theirs: "lm_head.weight", ours: "head.weight", transposed: false }]),
  ];
}

/** Masks and constants that older versions saved beside the weights. */
export const isBuffer = (name: string): boolean => /^h\.\d+\.attn\.(bias|masked_bias)$/.test(name);

/** A name without what a model around this one puts before it. */
export const withoutPrefix = (name: string): string => name.replace(/^transformer\./, "");
