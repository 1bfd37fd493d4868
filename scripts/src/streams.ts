/**
 * What happens when nobody takes what is printed: a pipe that was closed (`lectern … | head`), a full disk behind a file. A
 * command that only tells something has then nothing left to do; a training goes on.
 */

/** Hears what is lost, once for each stream; undefined where nothing goes on. */
let listener: ((text: string) => void) | undefined;
const lost = new Set<string>();

/** Watches standard output and standard error for as long as the process lives. */
export function watchStreams(): void {
  for (const [name, stream] of [
    ["standard output", process.stdout],
    ["standard error", process.stderr],
  ] as const) {
    stream.on("error", (error: NodeJS.ErrnoException) => {
      if (listener === undefined && lost.size === 0) {
        // A reader that has seen enough closes the pipe: that is no failure.
        if (error.code === "EPIPE") process.exit(0);
        throw error;
      }
      if (!lost.has(name))
        listener?.(`${name} is not taken any more (${error.code ?? error.message}); the training goes on`);
      lost.add(name);
    });
  }
}

/** Runs what has to go on though nobody takes its output any more. `tell` hears of that. */
export async function goingOn<T>(tell: (text: string) => void, work: () => Promise<T>): Promise<T> {
  listener = tell;
  try {
    return await work();
  } finally {
    listener = undefined;
  }
}
