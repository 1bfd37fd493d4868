export interface ScheduleOptions {
  /** Steps of the warm-up; 0 means none. */
  warmup: number;
  /** The step at which the floor is reached. It is larger than `warmup`. */
  steps: number;
  /** Where the decay ends, as a share of the full learning rate: 0 to 1. */
  floor: number;
}

/**
 * What the learning rate is multiplied with at a step: first up on a straight line, then down to the floor on half a cosine.
 * Gives a function of the step, which counts from 0:
 *   step < warmup: (step + 1) / (warmup + 1)
 *   then:          floor + (1 - floor) (1 + cos(pi progress)) / 2, where progress goes from 0 at `warmup` to 1 at `steps`
 *   behind steps:  floor
 */
export function warmupCosine({ warmup, steps, floor }: ScheduleOptions): (step: number) => number {
  throw new Error(`TODO: give a function of the step, for warmup ${warmup}, steps ${steps} and floor ${floor}`);
}
