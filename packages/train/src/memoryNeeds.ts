import { type Device, inUnits } from "@lectern/autograd";
import { GPT, type Module, TransformerClassifier } from "@lectern/nn";
import { host } from "#host";
import type { BatchSource } from "./data/batch.ts";
import { deviceOf } from "./model.ts";
import type { Optimizer } from "./optimizers/optimizer.ts";

/** What a training needs, in bytes: at least, for what is refused by it cannot be done. */
export interface MemoryNeeds {
  readonly model: number;
  /** Gradients, and what the optimiser remembers. */
  readonly optimizer: number;
  /** What a step keeps of the way forward for the way back; 0 where that is not known. */
  readonly activations: number;
}

const BYTES = 4;
/** Numbers of its width that a block keeps of a token: measured are 20 to 26. */
const KEPT = 16;

export function memoryNeeds(
  model: Module,
  optimizer: Pick<Optimizer, "slotsPerParameter">,
  { rows, time }: { rows: number; time: number } = { rows: 0, time: 0 },
): MemoryNeeds {
  const parameters = model.numParameters() * BYTES;
  return {
    model: parameters,
    optimizer: parameters * (1 + optimizer.slotsPerParameter),
    activations: rows * time * activationsOfToken(model),
  };
}

function activationsOfToken(model: Module): number {
  if (!(model instanceof GPT) && !(model instanceof TransformerClassifier)) return 0;
  const { layers, width, vocabulary } = model.options;
  // The logits and their gradient.
  const logits = model instanceof GPT ? 2 * vocabulary : 0;
  return BYTES * (KEPT * layers * width + logits);
}

/** Bytes that there can be on a device, as far as somebody says. */
function mostOf({ capacity, hostMemory }: Device): number {
  const machine = hostMemory ? host.memory() : undefined;
  return Math.min(capacity?.() ?? Number.POSITIVE_INFINITY, machine ?? Number.POSITIVE_INFINITY);
}

/** Errors: a training for which there cannot be memory enough, with an estimate of what it needs and what to lower. */
export function assertFits(model: Module, optimizer: Optimizer, data: BatchSource<object>): void {
  const device = deviceOf(model);
  const most = mostOf(device);
  const needs = memoryNeeds(model, optimizer, data.largest);
  const all = needs.model + needs.optimizer + needs.activations;
  if (all <= most) return;
  const { rows = 0, time = 0 } = data.largest ?? {};
  const fitting = Math.floor((most - needs.model - needs.optimizer) / (needs.activations / rows));
  const advice =
    fitting >= 1
      ? `take a batch below ${fitting} (--batch), accumulate several for a step, or take a shorter context (--context)`
      : "take a smaller model, or a shorter context (--context)";
  throw new RangeError(
    `Trainer: this training needs at least ${inUnits(all)} of memory, and there are ${inUnits(most)} for the ` +
      `${device.name} device: ${inUnits(needs.model)} for the model, ${inUnits(needs.optimizer)} for gradients and optimiser, ` +
      `${inUnits(needs.activations)} for the activations of a batch of ${rows} x ${time} tokens: ${advice}`,
  );
}
