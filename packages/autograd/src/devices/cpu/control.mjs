// The queue of jobs that the main thread fills and all threads work off, in memory that they share; in plain JavaScript
// because workers start without a compiler.
//
// A job is a kernel over units 0 … n - 1, cut into parts. It says of each of the WINDOW jobs before it whether it depends on
// it: not at all, part for part (the same rows, cut at the same places), or as a whole. Whoever is free takes the next part
// of the oldest job that has one ready, so nobody waits at a job's end for those who are late. What a job reads is written
// before, so kernels may rely on it as if one job ran after the other.

/** Words of the control block, by 4 bytes; those that change often lie on cache lines of their own. */
export const WORD = {
  /** The number of the oldest job that is not finished: all before it are. */
  base: 0,
  /** The number of the next job to be put in: all before it are there. */
  published: 16,
  /** Rises whenever there may be something to do; threads sleep on it. */
  bell: 32,
  sleepers: 33,
  /** Workers that have started. */
  ready: 48,
  /** 1 + the kernel of which a part failed, 0 while none has, -1 while the reason is being written down. */
  failed: 49,
  /** Characters of the reason. */
  reasonLength: 50,
};

/** How a job depends on another. */
export const DEPENDS = { not: 0, byParts: 1, wholly: 2 };

/** Jobs before it on which a job says how it depends; it does not begin before all earlier ones are finished. */
export const WINDOW = 8;

/** There are fewer jobs in the queue than these, and at most so many parts of a job. */
const JOBS = 64;
export const PARTS = 128;
const PART_BITS = 8;
const JOB_NUMBERS = 2 ** 22;

/** The first character of the reason for a failure, by 4 bytes; as many as there is room for. */
const REASON = 64;
const MOST_CHARACTERS = 128;

/** A line of the cache for each thread: what it is at (1 + the kernel, 0 for none), and whether it works. Number 0 is the main one. */
const BUSY = REASON + MOST_CHARACTERS;
const LINE = 16;
export const MAX_THREADS = 64;
const busyOf = (thread) => BUSY + thread * LINE;
const joinedOf = (thread) => busyOf(thread) + 1;

/** Bytes before the first job, and of a job. */
const HEAD = 4 * (BUSY + MAX_THREADS * LINE);
const JOB_BYTES = 2048;
export const CONTROL_BYTES = HEAD + JOBS * JOB_BYTES;

// Words of a job.
/** The job's number, times 2^PART_BITS, plus its next part: a thread that was held up cannot take a part of another job. */
const CLAIM = 0;
/** Parts that are done. */
const DONE = 16;
const KERNEL = 32;
const UNITS = 33;
/** Units of a part. */
const STEP = 34;
const COUNT = 35;
const ARGUMENT_COUNT = 36;
/** Two bits for each of the jobs before it, the last one lowest. */
const DEPENDENCIES = 37;
/** One word for each part: 1 when it is done. */
const MARKS = 128;
// Bytes from its start: the kernel's arguments (float64), and room for what the kernel reads of its operands' axes.
const ARGUMENTS = 192;
const DESCRIPTION = 1024;

const jobOf = (claim) => claim >>> PART_BITS;
const placeOf = (job) => HEAD + (job % JOBS) * JOB_BYTES;
const wordOf = (job) => placeOf(job) / 4;
const before = (job, distance) => (job - distance + JOB_NUMBERS) % JOB_NUMBERS;

/** Jobs that are not finished. */
export function backlog(words) {
  return before(Atomics.load(words, WORD.published), Atomics.load(words, WORD.base));
}

/** Where, from the control block's start, the next job finds its description. */
export function nextDescription(words) {
  return placeOf(words[WORD.published]) + DESCRIPTION;
}

/**
 * Puts a job in, in parts of `step` units. There has to be room: fewer than JOBS that are not finished. Errors: more than
 * PARTS parts.
 */
export function publish(words, values, kernel, units, step, dependencies, args) {
  const count = Math.ceil(units / step);
  if (!(count >= 1 && count <= PARTS)) throw new RangeError(`cpu: a job of ${units} units in parts of ${step}`);
  const job = words[WORD.published];
  const place = placeOf(job);
  const at = place / 4;
  // In this order: who sees the new number of parts sees that the old claim is void.
  Atomics.store(words, at + CLAIM, job << PART_BITS);
  Atomics.store(words, at + COUNT, count);
  words.fill(0, at + MARKS, at + MARKS + count);
  words[at + DONE] = 0;
  words[at + KERNEL] = kernel;
  words[at + UNITS] = units;
  words[at + STEP] = step;
  words[at + DEPENDENCIES] = dependencies;
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

/** Does a part of the oldest job that has one ready, as thread number `self`. False where there is none. */
export function work(words, values, kernels, self) {
  const done = workOnce(words, values, kernels, self);
  if (Atomics.load(words, busyOf(self)) !== 0) Atomics.store(words, busyOf(self), 0);
  return done;
}

function workOnce(words, values, kernels, self) {
  const base = Atomics.load(words, WORD.base);
  const open = Math.min(before(Atomics.load(words, WORD.published), base), WINDOW + 1);
  for (let distance = 0; distance < open; distance++) {
    const job = (base + distance) % JOB_NUMBERS;
    const at = wordOf(job);
    for (;;) {
      const claim = Atomics.load(words, at + CLAIM);
      const part = claim & (2 ** PART_BITS - 1);
      if (jobOf(claim) !== job || part >= Atomics.load(words, at + COUNT) || !isReady(words, job, part, distance))
        break;
      // Before the part is taken: whoever finds the thread gone knows that a part may be lost.
      Atomics.store(words, busyOf(self), 1 + words[at + KERNEL]);
      if (Atomics.compareExchange(words, at + CLAIM, claim, claim + 1) !== claim) continue;
      runPart(words, values, kernels, job, part);
      return true;
    }
  }
  return false;
}

/** Whether what a part needs is done, of the `unfinished` jobs before its own. */
function isReady(words, job, part, unfinished) {
  let dependencies = words[wordOf(job) + DEPENDENCIES];
  for (let distance = 1; distance <= unfinished; distance++, dependencies >>>= 2) {
    const at = wordOf(before(job, distance));
    switch (dependencies & 3) {
      case DEPENDS.byParts:
        if (Atomics.load(words, at + MARKS + part) === 0) return false;
        break;
      case DEPENDS.wholly:
        if (!isDone(words, at)) return false;
    }
  }
  return true;
}

function runPart(words, values, kernels, job, part) {
  const at = wordOf(job);
  const step = words[at + STEP];
  const first = (placeOf(job) + ARGUMENTS) / 8;
  const args = [part * step, Math.min((part + 1) * step, words[at + UNITS])];
  for (let i = 0; i < words[at + ARGUMENT_COUNT]; i++) args.push(values[first + i]);
  try {
    kernels[words[at + KERNEL]](...args);
  } catch (error) {
    // Whoever reads is told. The part counts as done: everybody would wait for it for ever.
    setFailure(words, words[at + KERNEL], error);
  }
  Atomics.store(words, at + MARKS + part, 1);
  Atomics.add(words, at + DONE, 1);
  if (isDone(words, at)) retire(words);
  ring(words);
}

const isDone = (words, at) => Atomics.load(words, at + DONE) >= Atomics.load(words, at + COUNT);

/** Moves `base` behind all jobs that are finished. */
function retire(words) {
  for (;;) {
    const base = Atomics.load(words, WORD.base);
    if (base === Atomics.load(words, WORD.published)) return;
    const at = wordOf(base);
    if (!isDone(words, at)) return;
    Atomics.compareExchange(words, WORD.base, base, (base + 1) % JOB_NUMBERS);
  }
}

function setFailure(words, kernel, error) {
  if (Atomics.compareExchange(words, WORD.failed, 0, -1) !== 0) return;
  const reason = (error instanceof Error ? error.message : String(error)).slice(0, MOST_CHARACTERS);
  for (let i = 0; i < reason.length; i++) words[REASON + i] = reason.charCodeAt(i);
  words[WORD.reasonLength] = reason.length;
  Atomics.store(words, WORD.failed, 1 + kernel);
}

/** The kernel of which a part failed, and why, once; undefined where none did. That of a job that is done is there. */
export function takeFailure(words) {
  const failed = Atomics.load(words, WORD.failed);
  if (failed <= 0) return undefined;
  const reason = String.fromCharCode(...words.subarray(REASON, REASON + words[WORD.reasonLength]));
  Atomics.store(words, WORD.failed, 0);
  return { kernel: failed - 1, reason };
}

/** A worker begins to work. */
export function join(words, thread) {
  Atomics.store(words, joinedOf(thread), 1);
  Atomics.add(words, WORD.ready, 1);
}

/** A worker that has ended no longer counts; for the main thread. */
export function bury(words, thread) {
  if (Atomics.exchange(words, joinedOf(thread), 0) === 1) Atomics.sub(words, WORD.ready, 1);
  Atomics.store(words, busyOf(thread), 0);
}

/** The kernel that a thread is at; undefined where it is at none. */
export function kernelOf(words, thread) {
  const busy = Atomics.load(words, busyOf(thread));
  return busy === 0 ? undefined : busy - 1;
}

/**
 * Gives up all jobs that are queued, because a thread ended in the middle of one; for the main thread alone.
 * `waitForOthers` has to return when no other thread is at a part any more.
 */
export function abandon(words, waitForOthers) {
  const published = Atomics.load(words, WORD.published);
  for (let job = Atomics.load(words, WORD.base); job !== published; job = (job + 1) % JOB_NUMBERS) {
    // No job has a part of this number, so nobody takes one any more.
    Atomics.store(words, wordOf(job) + CLAIM, (job << PART_BITS) | (2 ** PART_BITS - 1));
  }
  waitForOthers();
  Atomics.store(words, WORD.base, published);
  Atomics.store(words, WORD.failed, 0);
}

/** Looks for something to do before going to sleep: some 100 microseconds. */
const SPINS = 10_000;

/** Milliseconds after which a thread that waits in vain looks whether the others are still there. */
const WATCH = 100;

/**
 * Works until `enough()`, as thread number `self`, sleeping where there is nothing to do for a while. `watch` is called now
 * and then while it sleeps. Errors: those of `watch`; as Atomics.wait, where the thread may not sleep.
 */
export function workUntil(enough, words, values, kernels, self, watch) {
  let idle = 0;
  while (!enough()) {
    const bell = Atomics.load(words, WORD.bell);
    if (work(words, values, kernels, self)) idle = 0;
    else if (++idle > SPINS && !enough()) {
      idle = 0;
      if (sleep(words, bell, watch === undefined ? Number.POSITIVE_INFINITY : WATCH) === "timed-out") watch();
    }
  }
}

function sleep(words, bell, milliseconds) {
  Atomics.add(words, WORD.sleepers, 1);
  try {
    return Atomics.wait(words, WORD.bell, bell, milliseconds);
  } finally {
    Atomics.sub(words, WORD.sleepers, 1);
  }
}
