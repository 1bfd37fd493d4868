export interface ScheduleOptions {
  /** Steps of the warm-up; 0 means none. */
  warmup: number;
  /** The step at which the floor is reached. It is larger than `warmup`. */
  steps: number;
  /** Where the decay ends, as a share of the full learning rate: 0 to 1. */
  floor: number;
}

/** What the learning rate is multiplied with at a step: up on a straight line, then down to the floor on half a cosine. */
export function warmupCosine({ warmup, steps, floor }: ScheduleOptions): (step: number) => number {
  return (step) => {
    if (step < warmup) return (step + 1) / (warmup + 1);
    const progress = Math.min(1, (step - warmup) / (steps - warmup));
    return floor + ((1 - floor) * (1 + Math.cos(Math.PI * progress))) / 2;
  };
}
