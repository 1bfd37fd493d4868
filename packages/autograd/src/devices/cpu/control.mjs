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
  /** 1 where a part of the job failed on a worker. */
  failed: 52,
  /** Characters of the reason. */
  reasonLength: 53,
};

/** The first of the kernel's arguments, by 8 bytes. */
export const ARGUMENTS = 32;
/** The first character of the reason for a failure, by 4 bytes; as many as there is room for. */
const REASON = 128;
export const CONTROL_BYTES = 1024;
const MOST_CHARACTERS = CONTROL_BYTES / 4 - REASON;

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

/** Writes down why a part failed, where the main thread finds it when the job is done: it cannot be sent to one that waits. */
export function setFailure(words, error) {
  if (Atomics.exchange(words, WORD.failed, 1) === 1) return;
  const reason = (error instanceof Error ? error.message : String(error)).slice(0, MOST_CHARACTERS);
  for (let i = 0; i < reason.length; i++) words[REASON + i] = reason.charCodeAt(i);
  words[WORD.reasonLength] = reason.length;
}

/** Why a part of the last job failed, once; undefined where none did. */
export function takeFailure(words) {
  if (Atomics.exchange(words, WORD.failed, 0) === 0) return undefined;
  return String.fromCharCode(...words.subarray(REASON, REASON + words[WORD.reasonLength]));
}

/** First unit of a part; on a multiple of 16 where parts are long, so that no two write to one cache line. */
export function firstUnit(part, parts, units) {
  const unit = Math.floor((units * part) / parts);
  return part < parts && units >= 256 * parts ? unit - (unit % 16) : unit;
}
