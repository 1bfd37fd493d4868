import type { Tensor } from "@lectern/autograd";

/**
 * What tells where a vector stands, for the positions start, start + 1, … (Vaswani et al., 2017): in columns 2i and 2i + 1 the sine and
 * the cosine of position / 10000^(2i / width). -> [time, width]
 */
export function sinusoids(time: number, width: number, start = 0): Tensor {
  throw new Error(`TODO: sinusoids, for ${time} positions from ${start} on, and a width of ${width}`);
}

/** Adds to each vector what tells where it stands; the first of each sequence is at `start`. x: [batch, time, width] -> the same. */
export function addPositions(x: Tensor, start = 0): Tensor {
  throw new Error(`TODO: addPositions, for x of the shape [${x.shape}], from position ${start} on`);
}
