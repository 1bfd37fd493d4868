import { holding, Modes, modes } from "../modes.ts";

/** Whether ops are recorded for `backward()`. */
export function gradEnabled(): boolean {
  return modes().recording;
}

/** Runs a function that does not await with or without recording: cheaper than `noGrad`, which may be given any. */
export function recordingAs<T>(on: boolean, fn: () => T): T {
  const here = modes();
  const before = here.recording;
  here.recording = on;
  try {
    return fn();
  } finally {
    here.recording = before;
  }
}

function hold<T>(name: string, on: boolean, fn: () => T): T {
  const around = modes();
  return holding(name, new Modes(on, around.scope, around), fn);
}

/**
 * Runs `fn` without recording: for evaluation, generation, and updates of parameters. It holds for `fn` alone, also where
 * that is asynchronous and something else runs while it waits. Errors: an asynchronous `fn` in a browser.
 */
export function noGrad<T>(fn: () => T): T {
  return hold("noGrad", false, fn);
}

/** Runs `fn` with recording, also inside `noGrad`. Errors: as in `noGrad`. */
export function enableGrad<T>(fn: () => T): T {
  return hold("enableGrad", true, fn);
}
