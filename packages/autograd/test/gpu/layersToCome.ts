import type { Device } from "../../src/device.ts";
import { concat, stack, type Tensor, tensor } from "../../src/index.ts";

/** What a convolution and a recurrent layer are made of, on one device; for the same numbers on each. */
export async function layersToCome(device: Device): Promise<number[][]> {
  const waves = (shape: number[], step: number) => {
    const values = Array.from({ length: shape.reduce((product, n) => product * n, 1) }, (_, i) => Math.sin(i * step));
    return tensor(values, { device })
      .reshape(...shape)
      .detach()
      .requiresGrad_();
  };
  const [image, filters] = [waves([2, 3, 6, 5], 1), waves([4, 3, 3, 3], 2)];
  const [steps, kernel, recurrent] = [waves([2, 5, 3], 3), waves([3, 16], 4), waves([4, 16], 5)];
  const convolved = convolution(image, filters, device);
  const states = longShortTermMemory(steps, kernel, recurrent, waves([2, 4], 6).detach());
  convolved.square().sum().add(states.square().sum()).backward();
  const leaves = [image, filters, steps, kernel, recurrent];
  return Promise.all([convolved, states, ...leaves.map((x) => x.grad!)].map(async (x) => [...(await x.data())]));
}

/**
 * x: [batch, channels, height, width], filters: [count, channels, size, size], with a stride of 2 and a border of zeros
 * -> [batch, count, …]. Patches are picked by index, and their gradient is added back by index, where they overlap too.
 */
function convolution(x: Tensor, filters: Tensor, device: Device): Tensor {
  const [batch, channels, height, width] = x.shape;
  const [count, , size] = filters.shape;
  const zeros = (...shape: number[]) => x.detach().mul(0).sum().expand(shape);
  const high = concat([zeros(batch, channels, 1, width), x, zeros(batch, channels, 1, width)], 2);
  const padded = concat([zeros(batch, channels, height + 2, 1), high, zeros(batch, channels, height + 2, 1)], 3);
  const [down, across] = [height, width].map((length) => Math.floor((length + 2 - size) / 2) + 1);
  const places: number[] = [];
  for (let i = 0; i < down * across; i++) {
    const corner = 2 * Math.floor(i / across) * (width + 2) + 2 * (i % across);
    for (let j = 0; j < size * size; j++) places.push(corner + Math.floor(j / size) * (width + 2) + (j % size));
  }
  const patches = padded
    .reshape(batch, channels, (height + 2) * (width + 2))
    .indexSelect(2, tensor(places, { dtype: "int32", device }))
    .reshape(batch, channels, down * across, size * size)
    .transpose(1, 2)
    .reshape(batch, down * across, channels * size * size);
  return patches.matmul(filters.reshape(count, channels * size * size).T).transpose(1, 2);
}

/** Hochreiter & Schmidhuber (1997). x: [batch, time, inputs] -> the states, [batch, time, width]. */
function longShortTermMemory(x: Tensor, kernel: Tensor, recurrent: Tensor, start: Tensor): Tensor {
  const width = recurrent.shape[0];
  let [state, cell] = [start, start];
  const states: Tensor[] = [];
  for (let t = 0; t < x.shape[1]; t++) {
    const gates = x.select(1, t).matmul(kernel).add(state.matmul(recurrent));
    const [input, forget, output, candidate] = [0, 1, 2, 3].map((i) => gates.narrow(1, i * width, width));
    cell = forget.sigmoid().mul(cell).add(input.sigmoid().mul(candidate.tanh()));
    state = output.sigmoid().mul(cell.tanh());
    states.push(state);
  }
  return stack(states, 1);
}
