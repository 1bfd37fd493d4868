import type { Device } from "@lectern/autograd";
import { type Batch, type BatchSequence, batchOn, type HostTokens } from "./batch.ts";
import { Fingerprint } from "./fingerprint.ts";
import { assertCount, RandomSource, type SourceOptions, shareOf } from "./source.ts";

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

/**
 * The text from its beginning in windows that touch: each token but the first is predicted exactly once. The last window
 * may be shorter, and is a batch of its own. Errors: a text of less than two tokens.
 */
export class ConsecutiveWindows implements BatchSequence {
  readonly #tokens: Int32Array;
  readonly #context: number;
  readonly #batch: number;

  constructor(tokens: Int32Array, { context, batch }: { context: number; batch: number }) {
    assertCount("context", context);
    assertCount("batch", batch);
    assertLength(tokens, 2, context);
    this.#tokens = tokens;
    this.#context = context;
    this.#batch = batch;
  }

  *batches(device?: Device): Iterable<Batch> {
    const [tokens, context] = [this.#tokens, this.#context];
    const targets = tokens.length - 1;
    const whole = Math.floor(targets / context);
    for (let first = 0; first < whole; first += this.#batch) {
      const rows = Math.min(this.#batch, whole - first);
      const starts = Array.from({ length: rows }, (_, row) => (first + row) * context);
      yield batchOn(device, cut(tokens, starts, context));
    }
    const rest = targets - whole * context;
    if (rest > 0) yield batchOn(device, cut(tokens, [whole * context], rest));
  }
}

function assertLength(tokens: Int32Array, least: number, context: number): void {
  if (tokens.length >= least) return;
  throw new RangeError(
    `data: the text has ${tokens.length} tokens, a context of ${context} needs at least ${least}: take a longer text or a smaller context`,
  );
}
