import { formatShape, noGrad, type Tensor } from "@lectern/autograd";
import { addLoRA, checked, GPT, type LoRALinear, loraLayers, type Module } from "@lectern/nn";
import { host } from "#host";
import { jsonIn } from "../json.ts";
import { loadSafetensors, saveSafetensors } from "../safetensors.ts";
import { type Store, StoredFile } from "../store/store.ts";
import { parameterNames } from "./names.ts";

/**
 * Low-rank adapters on their own, in the layout of Hugging Face's `peft`: `adapter_config.json`, and
 * `adapter_model.safetensors` with two matrices for each layer that has one, A [rank, inputs] and B [outputs, rank].
 */
const CONFIG = "adapter_config.json";
const WEIGHTS = "adapter_model.safetensors";

/** What stands before a layer's name there. */
const PREFIX = "base_model.model.transformer.";

const storeAt = (where: string | Store): Store => (typeof where === "string" ? host.openStore(where) : where);

/** Our names of the layers that can have adapters, by theirs: `h.0.attn.c_attn` is `blocks.0.attention.qkv`. */
function layerNames({ options }: GPT): Map<string, string> {
  const projections = parameterNames(options).filter(({ transposed }) => transposed);
  const withoutWeight = (name: string) => name.replace(/\.weight$/, "");
  return new Map(projections.map(({ theirs, ours }) => [withoutWeight(theirs), withoutWeight(ours)]));
}

/**
 * Saves a model's adapters so that `peft` reads them, for a base in the same layout. `base` is where that lies: peft opens it
 * by this name. Errors: a model without adapters, or with several strengths.
 */
export async function saveAdapter(
  where: string | Store,
  model: Module,
  { base }: { base?: string } = {},
): Promise<void> {
  const store = storeAt(where);
  const layers = loraLayers(model);
  const [first] = layers.values();
  if (first === undefined || !(model instanceof GPT)) {
    throw new Error("saveAdapter: only a GPT's adapters can be saved, and this has none: give it some by addLoRA");
  }
  const tensors = new Map<string, Tensor>();
  const targets = new Set<string>();
  for (const [theirs, ours] of layerNames(model)) {
    const layer = layers.get(ours);
    if (layer === undefined) continue;
    assertLike(first, layer, ours);
    tensors.set(`${PREFIX}${theirs}.lora_A.weight`, layer.down.detach());
    tensors.set(`${PREFIX}${theirs}.lora_B.weight`, layer.up.detach());
    targets.add(theirs.replace(/^h\.\d+\./, ""));
  }
  const config = configOf(first, [...targets], base);
  await new StoredFile(store, CONFIG).write(`${JSON.stringify(config, undefined, 2)}\n`);
  await saveSafetensors(new StoredFile(store, WEIGHTS), tensors, { format: "pt" }, { float: "float32" });
}

function assertLike(first: LoRALinear, layer: LoRALinear, name: string): void {
  if (layer.rank === first.rank && layer.alpha === first.alpha) return;
  throw new Error(
    `saveAdapter: ${name} has rank ${layer.rank} and alpha ${layer.alpha}, others have ${first.rank} and ${first.alpha}`,
  );
}

/** As peft writes it for a GPT-2, whose layers hold their weights as [inputs, outputs] (`fan_in_fan_out`). */
const configOf = ({ rank, alpha }: LoRALinear, targets: readonly string[], base: string | undefined) => ({
  peft_type: "LORA",
  task_type: "CAUSAL_LM",
  base_model_name_or_path: base ?? null,
  r: rank,
  lora_alpha: alpha,
  lora_dropout: 0,
  target_modules: targets,
  bias: "none",
  fan_in_fan_out: true,
  inference_mode: true,
});

/**
 * Gives a model the adapters of a folder, as `peft` or `saveAdapter` wrote them. Errors: another method than plain low-rank
 * adapters, a layer that the model does not have, a matrix that is missing or of another shape; each by name.
 */
export async function loadAdapter(where: string | Store, model: GPT): Promise<void> {
  const store = storeAt(where);
  const { rank, alpha } = await readConfig(new StoredFile(store, CONFIG));
  const file = new StoredFile(store, WEIGHTS);
  const { tensors } = await loadSafetensors(file, model.tokens.weight.device);
  const names = layerNames(model);
  const layers = new Map<string, { down?: Tensor; up?: Tensor }>();
  for (const [name, values] of tensors) {
    const [, theirs, side] =
      /^(?:base_model\.model\.)?(?:transformer\.)?(.*)\.lora_([AB])\.(?:default\.)?weight$/.exec(name) ?? [];
    const ours = names.get(theirs);
    if (ours === undefined) throw new Error(`${file}: ${name} is for no layer of this model`);
    layers.set(ours, { ...layers.get(ours), [side === "A" ? "down" : "up"]: values });
  }
  if (layers.size === 0) throw new Error(`${file}: there is no adapter in it`);
  addLoRA(model, { rank, alpha, on: [...layers.keys()] });
  for (const [name, layer] of loraLayers(model)) {
    const { down, up } = layers.get(name)!;
    fill(`${file}: A of ${name}`, layer.down, down);
    fill(`${file}: B of ${name}`, layer.up, up);
  }
}

function fill(name: string, place: Tensor, values: Tensor | undefined): void {
  if (values === undefined) throw new Error(`${name} is missing`);
  const [wanted, found] = [place, values].map(({ shape }) => formatShape(shape));
  if (wanted !== found) throw new Error(`${name} is ${found}, and ${wanted} was expected`);
  noGrad(() => place.copy_(values));
}

/** Errors: settings that change what is computed, and are not known here. */
async function readConfig(file: StoredFile): Promise<{ rank: number; alpha: number }> {
  const { z } = await import("zod");
  const config = checked(
    file.path,
    z.looseObject({
      peft_type: z.literal("LORA"),
      r: z.int().min(1).max(100_000),
      lora_alpha: z.number().positive(),
      bias: z.literal("none").default("none"),
      use_rslora: z.literal(false).nullish(),
      use_dora: z.literal(false).nullish(),
      rank_pattern: z.record(z.string(), z.never()).nullish(),
      alpha_pattern: z.record(z.string(), z.never()).nullish(),
      modules_to_save: z.null().optional(),
    }),
    await jsonIn(file, "adapter"),
  );
  return { rank: config.r, alpha: config.lora_alpha };
}
