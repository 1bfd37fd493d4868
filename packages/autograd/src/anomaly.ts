import { isFloat, type TypedArray } from "./dtypes.ts";
import type { Phase } from "./profile.ts";
import { formatShape } from "./shape.ts";
import type { Tensor } from "./tensor.ts";

/**
 * Where numbers go wrong: while `detectAnomaly` watches, what each op makes is looked at, and each gradient rule's gradients. It
 * takes many times as long, and costs a comparison an op while nobody watches.
 */

/** The first op of some computation that made NaN or infinity. */
export class AnomalyError extends Error {
  override readonly name = "AnomalyError";
  readonly op: string;
  readonly phase: Phase;

  constructor(op: string, phase: Phase, message: string) {
    super(message);
    this.op = op;
    this.phase = phase;
  }
}

/** A number that is not finite, and its place. */
interface Wrong {
  readonly value: number;
  readonly at: number;
}

/** The first NaN among numbers, else the first that is infinite. */
function wrongIn(values: TypedArray): Wrong | undefined {
  let infinite: Wrong | undefined;
  for (let at = 0; at < values.length; at++) {
    const value = values[at];
    if (Number.isNaN(value)) return { value, at };
    if (infinite === undefined && !Number.isFinite(value)) infinite = { value, at };
  }
  return infinite;
}

/** What an op was given and what it made, as far as numbers are concerned. */
interface Looked {
  readonly inputs: readonly (Wrong | undefined)[];
  readonly outputs: readonly (Wrong | undefined)[];
}

/** An op's call, forward or backward. */
interface Call {
  readonly name: string;
  readonly phase: Phase;
  readonly inputs: readonly Tensor[];
  /** An argument that is no tensor is infinite itself, as in a mask: then infinity is what was asked for. */
  readonly isIntended: boolean;
}

/** What is to be said of a call; undefined where it is not the one. */
function verdict({ name, phase, inputs, isIntended }: Call, made: readonly Tensor[], looked: Looked) {
  const place = looked.outputs.findIndex((found) => found !== undefined && Number.isNaN(found.value));
  const index = place >= 0 ? place : looked.outputs.findIndex((found) => found !== undefined);
  if (index < 0) return undefined;
  const { value, at } = looked.outputs[index]!;
  const op = phase === "backward" ? `the gradient of ${name}` : name;
  const given = looked.inputs.findIndex((found) => found !== undefined && Number.isNaN(found.value));
  if (given >= 0) {
    const argument = `${formatShape(inputs[given].shape)} has NaN at element ${looked.inputs[given]!.at}`;
    return new AnomalyError(name, phase, `${op} is given numbers that are not finite: its argument ${argument}`);
  }
  const isInfinite = looked.inputs.some((found) => found !== undefined);
  if (!Number.isNaN(value) && (isInfinite || isIntended)) return undefined;
  const from = isInfinite ? "arguments of which one is infinite" : "finite numbers";
  const where = `at element ${at} of ${formatShape(made[index].shape)}`;
  return new AnomalyError(name, phase, `${op} makes ${value} ${where}, from ${from}`);
}

class Watch {
  /** Of devices that have to be waited for, in the order of the calls. */
  readonly #later: Promise<AnomalyError | undefined>[] = [];

  /** Errors: this is the call. */
  look(call: Call, outputs: readonly Tensor[]): void {
    const made = outputs.filter(({ dtype }) => isFloat(dtype));
    const inputs = call.inputs.filter(({ dtype }) => isFloat(dtype));
    if (made.length === 0) return;
    if (made[0].device.hostMemory) {
      const wrong = (t: Tensor) => wrongIn(t.dataSync());
      const found = made.map(wrong);
      if (found.every((one) => one === undefined)) return;
      const error = verdict({ ...call, inputs }, made, { inputs: inputs.map(wrong), outputs: found });
      if (error !== undefined) throw error;
      return;
    }
    // Asked for now, as the memory may hold something else afterwards.
    const reading = Promise.all([...inputs, ...made].map(async (t) => wrongIn(await t.data())));
    const judged = reading.then((all) =>
      verdict({ ...call, inputs }, made, { inputs: all.slice(0, inputs.length), outputs: all.slice(inputs.length) }),
    );
    judged.catch(() => {});
    this.#later.push(judged);
  }

  /** Errors: the first of the calls that went wrong. */
  async report(): Promise<void> {
    for (const judged of this.#later) {
      const error = await judged;
      if (error !== undefined) throw error;
    }
  }
}

let watch: Watch | undefined;

export function isWatching(): boolean {
  return watch !== undefined;
}

/** What an op's rule gives, which is looked at. What the rule is composed of belongs to it. */
export function watched<T>(call: Call, outputsOf: (result: T) => readonly Tensor[], rule: () => T): T {
  const here = watch!;
  watch = undefined;
  try {
    const result = rule();
    here.look(call, outputsOf(result));
    return result;
  } finally {
    watch = here;
  }
}

/**
 * Runs `fn`, and finds the first op that makes NaN or infinity from finite numbers, forward or in `backward()`. Gives what `fn`
 * gives. Everything is watched that is computed meanwhile. Errors: `AnomalyError`, which names the op; on a device
 * whose memory is on the host it is thrown where the op is called.
 */
export async function detectAnomaly<T>(fn: () => T | Promise<T>): Promise<T> {
  if (watch !== undefined) return fn();
  const mine = new Watch();
  watch = mine;
  try {
    return await fn();
  } finally {
    watch = undefined;
    await mine.report();
  }
}
