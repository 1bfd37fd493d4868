import cliProgress, { type MultiBar, type SingleBar } from "cli-progress";

/** What people see while processes are measured, one after the other. */
export interface Progress {
  /** One has begun. */
  begin(what: string): void;
  /** It has ended, and this is to stay on the screen. */
  end(line: string): void;
  /** This is to stay on the screen, too. */
  note(line: string): void;
  /** Some that were announced will not be started. */
  skip(processes: number): void;
  stop(): void;
}

/** Lines on standard error; below them, where that is a terminal, what is being measured and for how long. */
export function benchProgress(
  processes: number,
  quiet: boolean,
  stream: NodeJS.WriteStream = process.stderr,
): Progress {
  if (quiet) return { begin() {}, end() {}, note() {}, skip() {}, stop() {} };
  if (stream.isTTY) return new Bar(processes, stream);
  const write = (line: string) => void stream.write(`${line}\n`);
  return { begin() {}, end: write, note: write, skip() {}, stop() {} };
}

/** Looking at the clock is all that we do meanwhile, so that nothing is taken from what is being measured. */
const REDRAWN_EVERY_SECOND = 2;

class Bar implements Progress {
  #since = performance.now();
  // The kind for several bars is the one that knows how to write above itself.
  readonly #bars: MultiBar;
  readonly #bar: SingleBar;

  constructor(processes: number, stream: NodeJS.WriteStream) {
    this.#bars = new cliProgress.MultiBar({
      format: (options, { value, total, progress }, { what }) => {
        const seconds = Math.floor((performance.now() - this.#since) / 1000);
        return `${cliProgress.Format.BarFormat(progress, options)} ${value}/${total}  ${what}, ${seconds} s`;
      },
      stream,
      barsize: 20,
      barCompleteChar: "\u2588",
      barIncompleteChar: "\u2591",
      fps: REDRAWN_EVERY_SECOND,
      clearOnComplete: true,
      gracefulExit: false,
    });
    this.#bar = this.#bars.create(processes, 0, { what: "" });
  }

  begin(what: string): void {
    this.#since = performance.now();
    this.#bar.update({ what });
    this.#bars.update();
  }

  end(line: string): void {
    this.#bar.increment();
    this.note(line);
  }

  note(line: string): void {
    this.#bars.log(`${line}\n`);
    this.#bars.update();
  }

  skip(processes: number): void {
    this.#bar.setTotal(this.#bar.getTotal() - processes);
  }

  stop(): void {
    this.#bars.stop();
  }
}
