import { type DType, NUMBER_TYPES } from "@lectern/autograd";
import type { HostTensor, HostTokens } from "./batch.ts";

/** Examples as one batch on the host. */
export type Collate<E, H extends object> = (examples: readonly E[]) => H;

/** A sequence of tokens and the class it belongs to. */
export interface Example {
  readonly tokens: Int32Array;
  readonly label: number;
}

/** How sequences of different lengths become rows of one. */
export interface PaddingOptions {
  /** Longer sequences are cut off at this length. */
  maxLength: number;
  /** The token that fills shorter rows up; 0 unless said otherwise. */
  padding?: number;
}

/** Sequences as one batch: cut off, and padded at the end to the longest. An empty sequence becomes one padding token. */
export function pad(examples: readonly Example[], { maxLength, padding = 0 }: PaddingOptions): HostTokens {
  const lengths = examples.map(({ tokens }) => Math.min(tokens.length, maxLength));
  const time = Math.max(1, ...lengths);
  const shape = [examples.length, time];
  const inputs = new Int32Array(examples.length * time).fill(padding);
  const mask = new Int32Array(examples.length * time);
  examples.forEach(({ tokens }, row) => {
    inputs.set(tokens.subarray(0, lengths[row]), row * time);
    // Attention over nothing is not defined: the one padding token of an empty row counts.
    mask.fill(1, row * time, row * time + Math.max(1, lengths[row]));
  });
  const isPadded = lengths.some((length) => length < time);
  return {
    inputs: { data: inputs, shape },
    targets: { data: Int32Array.from(examples, ({ label }) => label), shape: [examples.length] },
    mask: isPadded ? { data: mask, shape } : undefined,
    count: lengths.reduce((sum, length) => sum + length, 0),
    unit: "tokens",
  };
}

/** What one example has under a name: a number, or as many of them as its shape says. */
export interface Field {
  readonly dtype: DType;
  /** One example's; [] (one number) unless given. */
  readonly shape?: readonly number[];
}

/** An example with a value for each field. */
export type Fields<Name extends string> = Readonly<Record<Name, number | ArrayLike<number>>>;

/** A batch of such examples on the host. */
export type Stacked<Name extends string> = Readonly<Record<Name, HostTensor>> & {
  readonly count: number;
  readonly unit: string;
};

/**
 * Lays examples of one size on top of each other: images, series, rows of numbers.
 *
 *     const collate = stack({ images: { dtype: "float32", shape: [1, 28, 28] }, labels: { dtype: "int32" } }, "images");
 *
 * `unit` is what a batch counts, for speeds. Errors, when a batch is made: a value of another size than its field's.
 */
export function stack<Name extends string>(
  fields: Readonly<Record<Name, Field>>,
  unit = "examples",
): Collate<Fields<Name>, Stacked<Name>> {
  const names = Object.keys(fields) as Name[];
  return (examples) => {
    const tensors = names.map((name) => [name, column(name, fields[name], examples)] as const);
    return { ...(Object.fromEntries(tensors) as Record<Name, HostTensor>), count: examples.length, unit };
  };
}

function column<Name extends string>(name: Name, field: Field, examples: readonly Fields<Name>[]): HostTensor {
  const { dtype, shape = [] } = field;
  const size = shape.reduce((product, part) => product * part, 1);
  const data = new NUMBER_TYPES[dtype].array(examples.length * size);
  examples.forEach((example, row) => {
    const value: number | ArrayLike<number> | undefined = example[name];
    const values = typeof value === "number" ? [value] : value;
    if (values?.length !== size) {
      const has = values === undefined ? "is missing" : `has ${values.length} numbers`;
      throw new RangeError(
        `data: an example's ${name} ${has}, it should be ${size} in the shape [${shape.join(", ")}]`,
      );
    }
    data.set(values, row * size);
  });
  return { data, shape: [examples.length, ...shape] };
}
