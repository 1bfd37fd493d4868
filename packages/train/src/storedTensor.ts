import type { NumberTypeName, Shape, Tensor } from "@lectern/autograd";

/** A tensor in an open file. */
export interface StoredTensor {
  readonly shape: Shape;
  /** As what its numbers lie there. */
  readonly dtype: NumberTypeName;
  /**
   * Reads it in parts along one of its axes, so that it is never in memory as a whole; each part is freed after its use.
   * `start` is the part's first place on the axis.
   */
  eachPart(use: (part: Tensor, axis: number, start: number) => void): Promise<void>;
}

/** What lies in an open file, by its names. */
export type StoredTensors = ReadonlyMap<string, StoredTensor>;

/** So many bytes of a tensor are read at once. */
export const PART_BYTES = 2 ** 22;
