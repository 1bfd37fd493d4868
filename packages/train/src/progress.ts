import { host } from "#host";

/** What people see while a model trains. */
export interface ProgressDisplay {
  start(total: number, done: number): Promise<void>;
  update(state: ProgressState): void;
  /** A line of its own, above the bar. */
  log(message: string): void;
  stop(): void;
}

export interface ProgressState {
  step: number;
  loss: number;
  lr: number;
  perSecond: number;
  /** What goes by: tokens, images, … */
  unit: string;
}

/** A bar where standard error is a terminal and lines elsewhere (`auto`), lines in any case, or nothing. */
export type ProgressMode = "auto" | "lines" | "off";

const MODES: readonly ProgressMode[] = ["auto", "lines", "off"];

/** A display that writes to standard error, messages to `log` where it is given. Errors: there is no such mode. */
export function progressDisplay(mode: ProgressMode, log?: (message: string) => void): ProgressDisplay {
  if (!MODES.includes(mode)) {
    throw new RangeError(`Trainer: progress is ${JSON.stringify(mode)}, it has to be one of ${MODES.join(", ")}`);
  }
  const write = (line: string) => console.error(line);
  if (mode === "off") return new Silence(log ?? write);
  const bar = mode === "auto" ? host.progressBar(log) : undefined;
  return bar ?? new Lines(write, log);
}

/** No progress; messages all the same. */
class Silence implements ProgressDisplay {
  readonly log: (message: string) => void;

  constructor(log: (message: string) => void) {
    this.log = log;
  }

  async start(): Promise<void> {}
  update(): void {}
  stop(): void {}
}

/** Guesses the time left from the steps since the start. */
export class Clock {
  readonly total: number;
  readonly done: number;
  readonly #since = performance.now();

  constructor(total: number, done: number) {
    this.total = total;
    this.done = done;
  }

  secondsLeft(step: number): number {
    const passed = (performance.now() - this.#since) / 1000;
    return step > this.done ? (passed / (step - this.done)) * (this.total - step) : Number.NaN;
  }
}

/** 75 -> 1:15, 3675 -> 1:01:15. */
export function formatDuration(seconds: number): string {
  if (!Number.isFinite(seconds)) return "–";
  const whole = Math.round(seconds);
  const parts = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  if (parts[0] === 0) parts.shift();
  return parts.map((part, i) => (i === 0 ? String(part) : String(part).padStart(2, "0"))).join(":");
}

/** 0.00098 -> 9.8e-4. */
const formatRate = (lr: number) => (lr === 0 ? "0" : lr.toExponential(1));

/** `loss 2.310 · lr 9.8e-4 · 41,000 tokens/s · 1:23 left` */
export function describeProgress({ loss, lr, perSecond, unit }: ProgressState, secondsLeft: number): string {
  const speed = `${Math.round(perSecond).toLocaleString("en")} ${unit}/s`;
  return `loss ${loss.toFixed(3)} · lr ${formatRate(lr)} · ${speed} · ${formatDuration(secondsLeft)} left`;
}

/** A line now and then, for files and pipes: at the first step, then every tenth of the way, and every half minute. */
export class Lines implements ProgressDisplay {
  readonly write: (line: string) => void;
  readonly log: (message: string) => void;
  #clock = new Clock(0, 0);
  #nextStep = 0;
  #nextTime = 0;

  constructor(write: (line: string) => void, log: (message: string) => void = write) {
    this.write = write;
    this.log = log;
  }

  async start(total: number, done: number): Promise<void> {
    this.#clock = new Clock(total, done);
    this.#nextStep = done + 1;
  }

  update(state: ProgressState): void {
    const { total } = this.#clock;
    if (state.step < this.#nextStep && performance.now() < this.#nextTime) return;
    this.#nextStep = Math.floor((state.step / total) * 10 + 1) * (total / 10);
    this.#nextTime = performance.now() + 30_000;
    this.write(`step ${state.step}/${total} · ${describeProgress(state, this.#clock.secondsLeft(state.step))}`);
  }

  stop(): void {}
}
