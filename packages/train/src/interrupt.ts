import { host } from "#host";

/** Whether somebody wants the training to stop: by Ctrl-C, or by a signal of the program's own. */
export interface Interrupt {
  readonly requested: boolean;
  /** Stops listening. */
  stop(): void;
}

/** Listens for the first Ctrl-C; a second one ends the process as usual. `tell` is given what people should know. */
export function watchInterrupt(signal: AbortSignal | undefined, tell: (message: string) => void): Interrupt {
  let pressed = false;
  const stop = host.onInterrupt(() => {
    pressed = true;
    tell("stopping after this step (Ctrl-C again stops at once)");
  });
  return {
    get requested() {
      return pressed || signal?.aborted === true;
    },
    stop,
  };
}
