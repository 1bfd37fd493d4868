import { type Tensor, tensor } from "@lectern/autograd";

/**
 * What tells where a vector stands, for the positions start, start + 1, … (Vaswani et al., 2017): in columns 2i and 2i + 1 the sine and
 * the cosine of position / 10000^(2i / width). -> [time, width]
 */
export function sinusoids(time: number, width: number, start = 0): Tensor {
  const rows = Array.from({ length: time }, (_, t) =>
    Array.from({ length: width }, (_, column) => {
      const angle = (start + t) / 10000 ** ((column - (column % 2)) / width);
      return column % 2 === 0 ? Math.sin(angle) : Math.cos(angle);
    }),
  );
  return tensor(rows);
}

/** Adds to each vector what tells where it stands; the first of each sequence is at `start`. x: [batch, time, width] -> the same. */
export function addPositions(x: Tensor, start = 0): Tensor {
  const [, time, width] = x.shape;
  return x.add(sinusoids(time, width, start));
}
