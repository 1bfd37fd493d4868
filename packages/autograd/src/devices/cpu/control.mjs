// How the main thread and the workers share a job out; in plain JavaScript because workers start without a compiler.

/** Words of the control block, by 4 bytes; those that change often lie on cache lines of their own. */
export const WORD = {
  /** Parts that nobody has taken. */
  pending: 0,
  /** Parts that are finished. */
  done: 16,
  /** Jobs so far; workers sleep on it. */
  jobs: 32,
  sleepers: 33,
  /** Workers that have started. */
  ready: 34,
  /** 1 while the main thread sleeps on `done`. */
  mainWaits: 35,
  kernel: 48,
  units: 49,
  parts: 50,
  argumentCount: 51,
};

/** The first of the kernel's arguments, by 8 bytes. */
export const ARGUMENTS = 32;
export const CONTROL_BYTES = 512;

/** Takes the next part of the job that is on, or gives -1 where there is none. */
export function takePart(words) {
  let pending = Atomics.load(words, WORD.pending);
  while (pending > 0) {
    const found = Atomics.compareExchange(words, WORD.pending, pending, pending - 1);
    if (found === pending) return words[WORD.parts] - pending;
    pending = found;
  }
  return -1;
}

/** First unit of a part; on a multiple of 16 where parts are long, so that no two write to one cache line. */
export function firstUnit(part, parts, units) {
  const unit = Math.floor((units * part) / parts);
  return part < parts && units >= 256 * parts ? unit - (unit % 16) : unit;
}
