import type { GpuDevice } from "../../src/devices/gpu/device.ts";
import { crossEntropy, embedding, layerNorm, noGrad, randn, scope, type Tensor, tensor } from "../../src/index.ts";

const VOCABULARY = 11;
const WIDTH = 8;
const LENGTHS = [7, 12, 5, 9];

/**
 * Steps of a small attention model, written out, on batches of several lengths, which come round twice. Gives the device's
 * memory and kernels, or whatever else is looked at, after each of them.
 */
export async function takeSteps<T>(device: GpuDevice, look: () => T): Promise<T[]> {
  const parameter = (...shape: number[]) => randn(shape, { device, requiresGrad: true });
  const parameters = {
    table: parameter(VOCABULARY, WIDTH),
    gain: parameter(WIDTH),
    shift: parameter(WIDTH),
    queries: parameter(WIDTH, WIDTH),
    keys: parameter(WIDTH, WIDTH),
    values: parameter(WIDTH, WIDTH),
    head: parameter(WIDTH, VOCABULARY),
  };
  const seen: T[] = [];
  for (const time of [...LENGTHS, ...LENGTHS]) {
    let reading: Promise<number> | undefined;
    scope(() => {
      const loss = lossOf(parameters, device, time);
      loss.backward();
      noGrad(() => {
        for (const p of Object.values(parameters)) {
          p.sub_(p.grad!.mul(0.01));
          p.zeroGrad();
        }
      });
      reading = loss.item();
    });
    await reading;
    seen.push(look());
  }
  return seen;
}

function lossOf(p: Record<string, Tensor>, device: GpuDevice, time: number): Tensor {
  const ids = Array.from({ length: 2 * time }, (_, i) => (i * i) % VOCABULARY);
  const tokens = tensor(ids, { dtype: "int32", device }).reshape(2, time);
  const x = layerNorm(embedding(p.table, tokens), p.gain, p.shift);
  const weights = x.matmul(p.queries).matmul(x.matmul(p.keys).T).softmax(-1);
  const logits = weights.matmul(x.matmul(p.values)).gelu().matmul(p.head);
  return crossEntropy(logits.reshape(2 * time, VOCABULARY), tokens.reshape(2 * time));
}
