/**
 * What the learning rate is multiplied with at a step; steps count from 0. All of them begin with `warmup` steps on a
 * straight line, `(step + 1) / (warmup + 1)`, because Adam's averages know little at first.
 */
export type Schedule = (step: number) => number;

/** How long a learning rate rises. */
export interface WarmupOptions {
  /** Steps until the full learning rate is reached; 0 unless said otherwise. */
  warmup?: number;
}

/** When a learning rate has come down, and how far. */
export interface DecayOptions extends WarmupOptions {
  /** The step at which the floor is reached: usually all that are trained. */
  steps: number;
  /** Where the decay ends, as a share of the full learning rate; 0 unless said otherwise. */
  floor?: number;
}

/** The full learning rate after the warm-up. */
export function constant({ warmup = 0 }: WarmupOptions = {}): Schedule {
  return warmedUp("constant", warmup, () => 1);
}

/** After the warm-up, down to the floor on a straight line. */
export function linear(options: DecayOptions): Schedule {
  return decaying("linear", options, (progress) => 1 - progress);
}

/** After the warm-up, down to the floor on half a cosine (Loshchilov & Hutter, 2017, without restarts). */
export function cosine(options: DecayOptions): Schedule {
  return decaying("cosine", options, (progress) => (1 + Math.cos(Math.PI * progress)) / 2);
}

/** `shape` falls from 1 to 0 while its argument rises from 0 to 1. */
function decaying(name: string, options: DecayOptions, shape: (progress: number) => number): Schedule {
  const { warmup = 0, steps, floor = 0 } = options;
  if (!(steps > 0)) throw new RangeError(`${name}: steps is ${steps}, it has to be above 0`);
  if (!(floor >= 0 && floor <= 1)) throw new RangeError(`${name}: floor is ${floor}, it lies from 0 to 1`);
  return warmedUp(name, warmup, (step) => {
    const progress = steps > warmup ? Math.min(1, (step - warmup) / (steps - warmup)) : 1;
    return floor + (1 - floor) * shape(progress);
  });
}

function warmedUp(name: string, warmup: number, after: Schedule): Schedule {
  if (!(warmup >= 0)) throw new RangeError(`${name}: warmup is ${warmup}, it has to be 0 or more`);
  return (step) => (step < warmup ? (step + 1) / (warmup + 1) : after(step));
}
