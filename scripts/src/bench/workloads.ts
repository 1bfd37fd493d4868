import { readFileSync } from "node:fs";

/** Sizes of a model and of the batches it is trained on. */
export interface TrainingSize {
  readonly task: "char" | "classify";
  readonly layers: number;
  readonly heads: number;
  readonly width: number;
  readonly context: number;
  readonly batch: number;
  readonly vocabulary: number;
}

/** A network of before transformers, on random examples: sequences of vectors, or images of one channel. */
export type LayerSize = { readonly batch: number; readonly classes: number } & (
  | { readonly layer: "LSTM"; readonly time: number; readonly width: number }
  | { readonly layer: "LeNet"; readonly side: number }
  | { readonly layer: "ResNet"; readonly side: number; readonly channels: readonly number[] }
);

/** A product [m, k] x [k, n]. Layout: which operand lies transposed in memory, `nt` the second, `tn` the first. */
export interface ProductCase {
  readonly name: string;
  readonly m: number;
  readonly n: number;
  readonly k: number;
  readonly layout: "nn" | "nt" | "tn";
}

export interface AttentionCase {
  readonly name: string;
  readonly context: number;
  /** `fused` never stores the scores, `composite` is made of products and a softmax. */
  readonly kind: "fused" | "composite";
}

export interface GenerationCase {
  readonly name: string;
  readonly model: string;
  readonly streams: number;
  /** Tokens that are there at the start. */
  readonly prompt: number;
  readonly tokens: number;
  /** What is seen of a text beyond the context, as `generateTokens` has it; the peers always see the last whole context. */
  readonly window?: "half" | "exact";
}

/** Runs until both are reached: so many, and so much time. */
export interface Enough {
  readonly runs: number;
  readonly ms: number;
}

/** How a case is timed: first without the clock, until threads run, code is compiled and memory is warm. */
export interface Timing {
  readonly warmUp: Enough;
  readonly timed: Enough;
}

interface Workloads {
  /** The peers are timed by the same rules. */
  readonly timing: Readonly<Record<"training" | "kernels" | "generation", Timing>>;
  readonly training: Readonly<Record<string, TrainingSize>>;
  readonly layers: Readonly<Record<string, LayerSize>>;
  readonly products: readonly ProductCase[];
  readonly attention: {
    readonly batch: number;
    readonly heads: number;
    readonly size: number;
    readonly causal: boolean;
    readonly cases: readonly AttentionCase[];
  };
  /** Sampled as nanoGPT does unless told otherwise. */
  readonly generation: {
    readonly temperature: number;
    readonly topK: number;
    readonly models: Readonly<Record<string, Omit<TrainingSize, "task" | "batch">>>;
    readonly cases: readonly GenerationCase[];
  };
  /** A model of GPT-2's real size, a prompt's tokens, and the tokens that follow. */
  readonly gpt2: Omit<TrainingSize, "task" | "batch"> & { readonly prompt: number; readonly tokens: number };
  readonly scaling: {
    readonly base: TrainingSize;
    readonly axes: Readonly<Record<ScalingAxis, readonly number[]>>;
  };
}

export type ScalingAxis = "width" | "layers" | "context" | "batch";

/** What is measured, here and by the peers' scripts alike. */
export const workloads = JSON.parse(
  readFileSync(new URL("../../peers/workloads.json", import.meta.url), "utf8"),
) as Workloads;

/** What is measured unless something else is asked for: a step of training of transformers. */
export const TRAINING: readonly string[] = Object.keys(workloads.training);

/** The workloads that are a step of training, of a transformer or of what was there before. */
export const STEPS: readonly string[] = [...TRAINING, ...Object.keys(workloads.layers)];

/** Errors: the workload is no step of training. */
export function stepSize(workload: string): TrainingSize | LayerSize {
  const size = workloads.training[workload] ?? workloads.layers[workload];
  if (size === undefined) throw new Error(`${workload} is no step of training`);
  return size;
}

/** All that `lectern bench` takes. */
export const NAMES: readonly string[] = [...STEPS, "matmul", "attention", "generate", "gpt2", "startup", "scaling"];
