/** The command was called wrongly: exit code 2, where every other error gives 1. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}

/** What an error prints: one line that says what to do; with `debug`, the stack of it and of its causes. */
export function describe(error: unknown, debug: boolean): string {
  if (!(error instanceof Error)) return `lectern: ${String(error)}`;
  if (!debug) return `lectern: ${oneLine(error.message)}`;
  const cause = error.cause === undefined ? "" : `\ncaused by ${describe(error.cause, true)}`;
  return `${error.stack ?? error.message}${cause}`;
}

export function exitCode(error: unknown): number {
  return error instanceof UsageError ? 2 : 1;
}

function oneLine(message: string): string {
  return message.trim().replace(/\s*\n\s*/g, " ");
}
