import type { Device } from "@lectern/autograd";
import { type Batch, type BatchSequence, batchOn, type HostTokens } from "./batch.ts";
import { Fingerprint } from "./fingerprint.ts";
import { assertCount, RandomSource, type SourceOptions, shareOf } from "./source.ts";

/** How long windows of a text are. */
export interface WindowOptions extends SourceOptions {
  /** How many tokens a window has: the model's `time`. */
  context: number;
}

/** Windows that begin at `starts`: inputs, and as targets the tokens one further on. */
function cut(tokens: Int32Array, starts: readonly number[], context: number): HostTokens {
  const inputs = new Int32Array(starts.length * context);
  const targets = new Int32Array(starts.length * context);
  starts.forEach((start, row) => {
    inputs.set(tokens.subarray(start, start + context), row * context);
    targets.set(tokens.subarray(start + 1, start + 1 + context), row * context);
  });
  const shape = [starts.length, context];
  return {
    inputs: { data: inputs, shape },
    targets: { data: targets, shape },
    mask: undefined,
    count: inputs.length,
    unit: "tokens",
  };
}

/**
 * Windows from random places of a long text: every place is as likely as any other. An epoch is as many batches as have
 * about as many tokens as the text. Errors: a text not longer than the context.
 */
export class RandomWindows extends RandomSource {
  readonly context: number;
  readonly batchesPerEpoch: number;
  readonly #tokens: Int32Array;

  constructor(tokens: Int32Array, { context, ...options }: WindowOptions) {
    super(options);
    assertCount("context", context);
    assertLength(tokens, context + 1, context);
    this.context = context;
    this.#tokens = tokens;
    const rows = options.batch * this.shard.count;
    this.batchesPerEpoch = Math.max(1, Math.floor((tokens.length - 1) / (context * rows)));
  }

  get largest(): { readonly rows: number; readonly time: number } {
    return { rows: this.batch, time: this.context };
  }

  override describe(): Readonly<Record<string, unknown>> {
    return { ...super.describe(), fingerprint: String(new Fingerprint().add(this.#tokens)) };
  }

  protected assemble(number: number): HostTokens {
    const random = this.randomNumbers(number);
    const places = this.#tokens.length - this.context;
    const starts = Array.from({ length: this.batch * this.shard.count }, () => Math.floor(random() * places));
    return cut(this.#tokens, shareOf(starts, this.shard), this.context);
  }
}

export interface ConsecutiveOptions {
  /** How many tokens a window has: the model's `time`. */
  context: number;
  /** Windows next to each other. */
  batch: number;
  /**
   * How far each window is from the one before, up to the context, which it is unless given. The smaller, the more of the
   * text before it each token is predicted from, at least `context - stride` tokens, and the longer it takes.
   */
  stride?: number;
}

/**
 * The text from its beginning in windows that touch, or, with a stride, lie over each other: each token but the first is
 * predicted exactly once, in the first window that has it. The last window may be shorter, and is a batch of its own.
 * Errors: a text of less than two tokens, a stride beyond the context.
 */
export class ConsecutiveWindows implements BatchSequence {
  readonly #tokens: Int32Array;
  readonly #context: number;
  readonly #batch: number;
  readonly #stride: number;

  constructor(tokens: Int32Array, { context, batch, stride = context }: ConsecutiveOptions) {
    assertCount("context", context);
    assertCount("batch", batch);
    assertCount("stride", stride);
    assertLength(tokens, 2, context);
    if (stride > context) {
      throw new RangeError(
        `data: stride is ${stride}, beyond the context of ${context}: tokens between windows would be left out`,
      );
    }
    this.#tokens = tokens;
    this.#context = context;
    this.#batch = batch;
    this.#stride = stride;
  }

  *batches(device?: Device): Iterable<Batch> {
    const [tokens, context, stride] = [this.#tokens, this.#context, this.#stride];
    const targets = tokens.length - 1;
    const whole = targets < context ? 0 : 1 + Math.floor((targets - context) / stride);
    for (let first = 0; first < whole; first += this.#batch) {
      const rows = Math.min(this.#batch, whole - first);
      const starts = Array.from({ length: rows }, (_, row) => (first + row) * stride);
      yield batchOn(device, forgetSeen(cut(tokens, starts, context), starts, context - stride));
    }
    const seen = whole === 0 ? 0 : (whole - 1) * stride + context;
    const start = whole * stride;
    if (seen < targets) yield batchOn(device, forgetSeen(cut(tokens, [start], targets - start), [start], seen - start));
  }
}

/** Targets at the beginning of a window that the one before had do not count again. */
function forgetSeen(windows: HostTokens, starts: readonly number[], seen: number): HostTokens {
  if (seen <= 0) return windows;
  const { targets } = windows;
  const [, time] = targets.shape;
  for (const [row, start] of starts.entries()) if (start > 0) targets.data.fill(-100, row * time, row * time + seen);
  return windows;
}

function assertLength(tokens: Int32Array, least: number, context: number): void {
  if (tokens.length >= least) return;
  throw new RangeError(
    `data: the text has ${tokens.length} tokens, a context of ${context} needs at least ${least}: take a longer text or a smaller context`,
  );
}
