// The queue of jobs that the main thread fills and all threads work off, in memory that they share; in plain JavaScript
// because workers start without a compiler.
//
// A job is a kernel over units 0 … n - 1, cut into parts. One job is worked on at a time: the next begins when all of its
// parts are done, so kernels may rely on what earlier ones wrote. The word `claim` says which job that is and which of its
// parts is the next to be taken; it only ever grows (it wraps after four million jobs), so that a thread that was held up
// cannot take a part twice.

/** Words of the control block, by 4 bytes; those that change often lie on cache lines of their own. */
export const WORD = {
  /** The job that is worked on, times PARTS, plus its next part. */
  claim: 0,
  /** The number of the next job to be put in: all before it are there. */
  published: 16,
  /** Rises whenever there may be something to do; threads sleep on it. */
  bell: 32,
  sleepers: 33,
  /** Workers that have started. */
  ready: 48,
  /** 1 + the kernel of which a part failed, 0 while none has. */
  failed: 49,
  /** Characters of the reason. */
  reasonLength: 50,
};

/** Jobs in the queue, and parts of a job: fewer than these. */
const JOBS = 64;
const PARTS = 1024;
const JOB_NUMBERS = 2 ** 22;

/** The first character of the reason for a failure, by 4 bytes; as many as there is room for. */
const REASON = 64;
const MOST_CHARACTERS = 128;

/** Bytes before the first job, and of a job. */
const HEAD = 4 * (REASON + MOST_CHARACTERS);
const JOB_BYTES = 1024;
export const CONTROL_BYTES = HEAD + JOBS * JOB_BYTES;

// Words of a job.
const DONE = 0;
const KERNEL = 16;
const UNITS = 17;
const COUNT = 18;
const ARGUMENT_COUNT = 19;
// Bytes from its start: the kernel's arguments (float64), and room for what the kernel reads of its operands' axes.
const ARGUMENTS = 128;
const DESCRIPTION = 512;

const jobOf = (claim) => claim >>> 10;
const placeOf = (job) => HEAD + (job % JOBS) * JOB_BYTES;

/** Jobs that are not finished. */
export function backlog(words) {
  const begun = jobOf(Atomics.load(words, WORD.claim));
  return (Atomics.load(words, WORD.published) - begun + JOB_NUMBERS) % JOB_NUMBERS;
}

/** Where, from the control block's start, the next job finds its description. */
export function nextDescription(words) {
  return placeOf(words[WORD.published]) + DESCRIPTION;
}

/** Puts a job in. There has to be room: fewer than JOBS that are not finished. */
export function publish(words, values, kernel, units, parts, args) {
  const job = words[WORD.published];
  const place = placeOf(job);
  const at = place / 4;
  words[at + DONE] = 0;
  words[at + KERNEL] = kernel;
  words[at + UNITS] = units;
  words[at + COUNT] = parts;
  words[at + ARGUMENT_COUNT] = args.length;
  const first = (place + ARGUMENTS) / 8;
  for (let i = 0; i < args.length; i++) values[first + i] = args[i];
  Atomics.store(words, WORD.published, (job + 1) % JOB_NUMBERS);
  ring(words);
}

function ring(words) {
  Atomics.add(words, WORD.bell, 1);
  if (Atomics.load(words, WORD.sleepers) > 0) Atomics.notify(words, WORD.bell);
}

/** Does a part of the job that is on. False where there is none to be taken. */
export function work(words, values, kernels) {
  let claim = Atomics.load(words, WORD.claim);
  for (;;) {
    const job = jobOf(claim);
    if (job === Atomics.load(words, WORD.published)) return false;
    const place = placeOf(job);
    const part = claim & (PARTS - 1);
    if (part >= words[place / 4 + COUNT]) return false;
    const found = Atomics.compareExchange(words, WORD.claim, claim, claim + 1);
    if (found === claim) {
      runPart(words, values, kernels, job, place, part);
      return true;
    }
    claim = found;
  }
}

function runPart(words, values, kernels, job, place, part) {
  const at = place / 4;
  const units = words[at + UNITS];
  const parts = words[at + COUNT];
  const first = (place + ARGUMENTS) / 8;
  const args = [firstUnit(part, parts, units), firstUnit(part + 1, parts, units)];
  for (let i = 0; i < words[at + ARGUMENT_COUNT]; i++) args.push(values[first + i]);
  try {
    kernels[words[at + KERNEL]](...args);
  } catch (error) {
    // Whoever reads is told. The part counts as done: everybody would wait for it for ever.
    setFailure(words, words[at + KERNEL], error);
  }
  if (Atomics.add(words, at + DONE, 1) + 1 < parts) return;
  Atomics.store(words, WORD.claim, (job + 1) << 10);
  ring(words);
}

function setFailure(words, kernel, error) {
  if (Atomics.compareExchange(words, WORD.failed, 0, 1 + kernel) !== 0) return;
  const reason = (error instanceof Error ? error.message : String(error)).slice(0, MOST_CHARACTERS);
  for (let i = 0; i < reason.length; i++) words[REASON + i] = reason.charCodeAt(i);
  words[WORD.reasonLength] = reason.length;
}

/** The kernel of which a part failed, and why, once; undefined where none did. To be asked when all jobs are done. */
export function takeFailure(words) {
  const failed = Atomics.exchange(words, WORD.failed, 0);
  if (failed === 0) return undefined;
  const reason = String.fromCharCode(...words.subarray(REASON, REASON + words[WORD.reasonLength]));
  return { kernel: failed - 1, reason };
}

/** First unit of a part; on a multiple of 16 where parts are long, so that no two write to one cache line. */
export function firstUnit(part, parts, units) {
  const unit = Math.floor((units * part) / parts);
  return part < parts && units >= 256 * parts ? unit - (unit % 16) : unit;
}

/** Looks for something to do before going to sleep: some 100 microseconds. */
const SPINS = 10_000;

/**
 * Works until `enough()`, sleeping where there is nothing to do for a while. Errors: as Atomics.wait, where the thread may
 * not sleep.
 */
export function workUntil(enough, words, values, kernels) {
  let idle = 0;
  while (!enough()) {
    const bell = Atomics.load(words, WORD.bell);
    if (work(words, values, kernels)) idle = 0;
    else if (++idle > SPINS && !enough()) {
      idle = 0;
      Atomics.add(words, WORD.sleepers, 1);
      try {
        Atomics.wait(words, WORD.bell, bell);
      } finally {
        Atomics.sub(words, WORD.sleepers, 1);
      }
    }
  }
}
