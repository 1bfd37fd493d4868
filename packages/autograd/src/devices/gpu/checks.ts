import type { Thread } from "./gpujs.ts";
import { kernel } from "./kernel.ts";
import type { Box, Runtime } from "./runtime.ts";

/**
 * Indices outside an axis. A kernel cannot throw, so another one looks for them and leaves a note in the runtime's
 * `alarm`, which the next read finds. Meanwhile such an index reads 0, and adds nothing where it should have added.
 */
export interface IndexCheck {
  readonly op: string;
  /** What is checked: `count` numbers from `offset` on, each of which has to be in 0 … size - 1. */
  readonly index: Box;
  readonly offset: number;
  readonly count: number;
  readonly size: number;
  /** This value is allowed too. */
  readonly ignored?: number;
  /** `index`, unless told otherwise. */
  readonly noun?: string;
  /** How the message goes on. */
  readonly hint?: string;
}

/** Numbers that one thread looks through. */
const STRETCH = 256;

/** The first bad number of each stretch; 0 where there is none, as 0 itself is bad only for an axis of no elements. */
const BAD_INDEX = kernel(["array", "int", "int", "int", "int", "int"], {
  badIndex(this: Thread, index: number[], at: number, count: number, stretch: number, size: number, ignored: number) {
    for (let j = 0; j < stretch; j++) {
      if (this.thread.x * stretch + j < count) {
        const value = index[at + this.thread.x * stretch + j];
        if ((value < 0 || value >= size) && value !== ignored) return value;
      }
    }
    return 0;
  },
});

/** The alarm is two numbers: which check found something (0: none did), and what. The first finding stays. */
const RAISE_ALARM = kernel(["array", "array", "int", "int"], {
  raiseAlarm(this: Thread, alarm: number[], found: number[], stretches: number, check: number) {
    if (alarm[0] > 0) return alarm[this.thread.x];
    for (let j = 0; j < stretches; j++) {
      if (found[j] < 0 || found[j] > 0) {
        if (this.thread.x === 0) return check;
        return found[j];
      }
    }
    return 0;
  },
});

/** What is told about a bad index. */
export function indexMessage({ op, noun = "index", size, hint = "" }: IndexCheck, value: number): string {
  return `${op}: ${noun} ${value} is outside 0 … ${size - 1}${hint}`;
}

/** Has the indices checked, unless the same ones passed the same check since they were last written. */
export function checkIndices(runtime: Runtime, check: IndexCheck): void {
  const { op, index, offset, count, size, ignored = 0 } = check;
  if (size === 0) throw new RangeError(`${op}: index into an axis of size 0`);
  const key = `${offset} ${count} ${size} ${ignored}`;
  if (index.checked?.key === key && index.checked.writes === index.writes) return;
  index.checked = { key, writes: index.writes };
  const stretches = Math.ceil(count / STRETCH);
  const found = runtime.launch(BAD_INDEX, stretches, [index, offset, count, STRETCH, size, ignored]);
  const raised = runtime.launch(RAISE_ALARM, 2, [runtime.alarm, found, stretches, runtime.addCheck(check)]);
  runtime.replace(runtime.alarm, raised);
  runtime.free(found);
}
