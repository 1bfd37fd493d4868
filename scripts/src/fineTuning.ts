import { addLoRA, freeze, type Module, mergeLoRA } from "@lectern/nn";
import { type OpenedRun, openRun } from "@lectern/train";
import { UsageError } from "./errors.ts";
import { modelPath } from "./models/resolve.ts";
import { grouped, percent } from "./output.ts";
import type { Preset } from "./presets.ts";
import type { TrainOptions } from "./tasks/options.ts";
import type { Task } from "./tasks/task.ts";

/** The model that `--init` names; its adapters, where it has some, become part of it. Errors: it predicts something else. */
export async function initialModel({ predicts }: Task, { init, model }: TrainOptions): Promise<OpenedRun | undefined> {
  if (init === undefined) return undefined;
  if (model !== undefined) throw new UsageError("--model is that of --init: leave it out");
  const path = await modelPath(init);
  const run = await openRun(path).catch((error: Error) => {
    throw new UsageError(`--init: ${error.message}`, { cause: error });
  });
  if (run.predicts !== predicts) {
    throw new UsageError(
      `--init: ${init} predicts ${run.predicts ?? "something unknown"}, and ${predicts} are to be learned`,
    );
  }
  mergeLoRA(run.model);
  return run;
}

/** A preset with the sizes of the model that is gone on from, and a lower learning rate, which leaves more of what that knows. */
export function presetFor<P extends Preset>(init: OpenedRun | undefined, preset: P, { lr, lora }: TrainOptions): P {
  if (init === undefined) return preset;
  const { options = {} } = init.model as { options?: Partial<Preset> };
  const { layers = preset.layers, heads = preset.heads, width = preset.width, context = preset.context } = options;
  // Adapters begin at nothing, and learn as fast as a new model does.
  const slower = lr === undefined && lora === undefined ? 0.1 : 1;
  const finalLr = preset.finalLr === undefined ? undefined : preset.finalLr * slower;
  const sizes = { layers, heads, width, context: Math.min(context, preset.context) };
  return { ...preset, ...sizes, lr: preset.lr * slower, finalLr };
}

/** A model with the adapters and the frozen parameters that the options ask for. Errors: names that there are not. */
export function adapted(model: Module, { lora, loraAlpha, loraOn, freeze: patterns }: TrainOptions): Module {
  if (lora === undefined && (loraAlpha ?? loraOn) !== undefined) {
    throw new UsageError(`--lora-${loraAlpha === undefined ? "on" : "alpha"} needs --lora, the adapters' rank`);
  }
  try {
    if (lora !== undefined) addLoRA(model, { rank: lora, alpha: loraAlpha, on: loraOn?.split(",") });
    if (patterns !== undefined) freeze(model, ...patterns.split(","));
  } catch (error) {
    throw new UsageError(`--${lora === undefined ? "freeze" : "lora"}: ${(error as Error).message}`, { cause: error });
  }
  return model;
}

/** `, of which 4,096 (1.2 %) are trained`; nothing where all are. */
export function trainedOf(model: Module): string {
  const sizes = model.parameters().map((p) => [p.size, p.requiresGrad ? p.size : 0]);
  const [all, trained] = sizes.reduce(([a, b], [size, free]) => [a + size, b + free], [0, 0]);
  return all === trained ? "" : `, of which ${grouped(trained)} (${percent(trained / all)}) are trained`;
}
