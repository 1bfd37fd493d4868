import { checked } from "@lectern/nn";
import type { TrainingProgress } from "./checkpoint.ts";
import { DamagedFileError } from "./checksums.ts";
import type { SourceState } from "./data/batch.ts";
import type { OptimizerState } from "./optimizers/optimizer.ts";

/** What a checkpoint holds beside tensors, as JSON. */
export interface SavedState {
  progress: TrainingProgress;
  optimizer: Omit<OptimizerState, "tensors">;
  data: SourceState;
  random: object;
}

/**
 * A checkpoint's state, from its text. Errors: it is damaged, or says what no training can have written; names the file, and
 * where in it.
 */
export async function parseState(path: string, text: string | undefined): Promise<SavedState> {
  let json: unknown;
  try {
    json = JSON.parse(text ?? "");
  } catch (cause) {
    throw new DamagedFileError(`${path}: the state of the training is no JSON: the file is damaged`, { cause });
  }
  const expected = await schema();
  try {
    return checked(path, expected, modern(json)) as SavedState;
  } catch (cause) {
    throw new DamagedFileError((cause as Error).message, { cause });
  }
}

async function schema() {
  const { z } = await import("zod");
  const count = z.number().int().min(0);
  const rate = z.number().min(0);
  const number = z.number();
  const evaluation = z.looseObject({ step: count, loss: number, measures: z.record(z.string(), number) });
  return z.object({
    progress: z.object({
      step: count,
      shown: count,
      seconds: rate,
      losses: z.array(number),
      best: evaluation.optional(),
      waiting: z.looseObject({ evaluations: count }).optional(),
    }),
    optimizer: z.object({
      step: count,
      steps: z.array(count).optional(),
      groups: z.array(z.object({ lr: rate, weightDecay: rate })),
    }),
    data: z.looseObject({ seed: z.string(), batches: count }),
    // What seedrandom keeps: two places in a list of the bytes.
    random: z.object({ i: count.max(255), j: count.max(255), S: z.array(count.max(255)).length(256) }),
  });
}

/** A state as the first version wrote it: it counted tokens, and an evaluation was loss and accuracy. */
function modern(json: unknown): unknown {
  const { progress } = (json ?? {}) as { progress?: { tokens?: unknown; shown?: unknown; best?: object } };
  if (typeof progress !== "object" || progress === null || progress.shown !== undefined) return json;
  const { tokens, best, ...rest } = progress;
  const { loss, accuracy } = (best ?? {}) as { loss?: number; accuracy?: number };
  const evaluation = best && { count: 0, ...best, measures: { loss, accuracy } };
  return { ...(json as object), progress: { ...rest, shown: tokens, best: evaluation } };
}
