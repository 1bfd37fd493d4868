import { host } from "#host";

/** Whether somebody wants the training to stop: by Ctrl-C, another signal to the process, or an AbortSignal. */
export interface Interrupt {
  readonly requested: boolean;
  /** The process's signal. */
  readonly signal: string | undefined;
  /** Stops listening. */
  stop(): void;
}

/** Listens for the first signal; a second one ends the process as usual. `tell` is given what people should know. */
export function watchInterrupt(signal: AbortSignal | undefined, tell: (message: string) => void): Interrupt {
  let received: string | undefined;
  const stop = host.onInterrupt((name) => {
    received = name;
    const again = name === "SIGINT" ? "Ctrl-C again" : "a second signal";
    tell(`stopping after this step (${again} stops at once)`);
  });
  return {
    get requested() {
      return received !== undefined || signal?.aborted === true;
    },
    get signal() {
      return received;
    },
    stop,
  };
}
