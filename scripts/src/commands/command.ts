import type { Argv } from "yargs";

/** What every command is given. */
export interface Everywhere {
  readonly json: boolean;
}

/** A command's options, and what it does. */
export interface Command {
  options(yargs: Argv<Everywhere>): Argv;
  run(options: object): Promise<void>;
}

/** A command as the program lists it: it is loaded when it is called. */
export interface CommandEntry {
  /** Its name and the words behind it: `eval <run>`. */
  readonly usage: string;
  readonly describe: string;
  load(): Promise<{ readonly command: Command }>;
}

/** Ties options to what uses them; yargs hands over what they parse to. */
export function defineCommand<O extends object>(command: {
  options(yargs: Argv<Everywhere>): Argv<O>;
  run(options: O): Promise<void>;
}): Command {
  return { options: command.options as Command["options"], run: (options) => command.run(options as O) };
}
