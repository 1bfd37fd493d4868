import type { MultiBar, SingleBar } from "cli-progress";
import { Clock, describeProgress, type ProgressDisplay, type ProgressState } from "./progress.ts";

/** A bar that stays in the terminal's last line, below the messages. */
export function progressBar(log: ((message: string) => void) | undefined): ProgressDisplay {
  return new Bar(log);
}

class Bar implements ProgressDisplay {
  #clock = new Clock(0, 0);
  // The kind for several bars is the one that knows how to write above itself.
  #bars: MultiBar | undefined;
  #bar: SingleBar | undefined;
  readonly #log: ((message: string) => void) | undefined;

  constructor(log: ((message: string) => void) | undefined) {
    this.#log = log;
  }

  async start(total: number, done: number): Promise<void> {
    const { default: progress } = await import("cli-progress");
    this.#clock = new Clock(total, done);
    const options = {
      format: "step {value}/{total} {bar} {state}",
      barsize: 20,
      fps: 5,
      hideCursor: true,
      // Ctrl-C is the trainer's to answer.
      gracefulExit: false,
    };
    this.#bars = new progress.MultiBar(options, progress.Presets.shades_classic);
    this.#bar = this.#bars.create(total, done, { state: "" });
  }

  update(state: ProgressState): void {
    this.#bar?.update(state.step, { state: describeProgress(state, this.#clock.secondsLeft(state.step)) });
  }

  log(message: string): void {
    if (this.#log !== undefined) this.#log(message);
    else if (this.#bars !== undefined) this.#bars.log(`${message}\n`);
    else console.error(message);
  }

  stop(): void {
    // Once more, for messages that have not been drawn.
    this.#bars?.update();
    this.#bars?.stop();
    this.#bars = undefined;
    this.#bar = undefined;
  }
}
