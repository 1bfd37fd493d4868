let recording = true;

/** Whether ops are recorded for `backward()`. */
export function gradEnabled(): boolean {
  return recording;
}

/** Switches recording on or off until it is switched back; gives what was. For a job that does not await. */
export function setRecording(on: boolean): boolean {
  const before = recording;
  recording = on;
  return before;
}

function withRecording<T>(on: boolean, fn: () => T): T {
  const before = recording;
  recording = on;
  let pending = false;
  try {
    const result = fn();
    if (result instanceof Promise) {
      pending = true;
      return result.finally(() => {
        recording = before;
      }) as T;
    }
    return result;
  } finally {
    if (!pending) recording = before;
  }
}

/** Runs `fn` without recording: for evaluation, generation, and updates of parameters. */
export function noGrad<T>(fn: () => T): T {
  return withRecording(false, fn);
}

/** Runs `fn` with recording, also inside `noGrad`. */
export function enableGrad<T>(fn: () => T): T {
  return withRecording(true, fn);
}
