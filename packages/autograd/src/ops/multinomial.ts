import { arange, rand } from "../creation.ts";
import { recordingAs } from "../engine/recording.ts";
import { formatShape } from "../shape.ts";
import type { Tensor } from "../tensor.ts";
import { where } from "./masking.ts";

/**
 * Errors: a weight that is negative, infinite or NaN, or a row of zeros. Where memory is not on the host, that is told at the
 * next read: the given indices then lead outside the axis.
 */
function checked(probabilities: Tensor, indices: Tensor): Tensor {
  const sums = probabilities.sum(-1, { keepDim: true });
  const fits = probabilities.ge(0).mul(probabilities.lt(Number.POSITIVE_INFINITY));
  const good = fits.min(-1, { keepDim: true }).mul(sums.gt(0));
  if (!probabilities.device.hostMemory) {
    const n = probabilities.shape[probabilities.rank - 1];
    const places = arange(0, n, 1, { device: probabilities.device });
    return places.indexSelect(0, where(good, indices, n).reshape(-1)).reshape(indices.shape);
  }
  if (good.size > 0 && good.min().itemSync() === 0) {
    throw new RangeError(
      "multinomial: the weights of a row have to be finite and from 0 up, and one of them above 0: look for NaN, negative " +
        `numbers and rows of zeros in ${formatShape(probabilities.shape)}`,
    );
  }
  return indices;
}

/**
 * Draws indices with the given probabilities, by the Gumbel trick (Gumbel, 1954): the largest of `log p - log(-log u)`.
 * probabilities: [..., n], not negative, need not sum to 1 -> int32 [..., count]. Without `replacement` no index comes twice.
 * Errors: weights that are no weights, see `checked`.
 */
export function multinomial(probabilities: Tensor, count = 1, { replacement = false } = {}): Tensor {
  const n = probabilities.shape[probabilities.rank - 1];
  if (!replacement && count > n) {
    throw new RangeError(
      `multinomial: ${count} draws without replacement from ${n}: ${formatShape(probabilities.shape)}`,
    );
  }
  return recordingAs(false, () => {
    const logits = probabilities.log();
    const draw = (x: Tensor) => {
      const u = rand(x.shape, { device: x.device }).clamp(1e-20);
      return x.sub(u.log().neg().clamp(1e-20).log());
    };
    if (!replacement) return checked(probabilities, draw(logits).topk(count).indices);
    const repeated = logits.unsqueeze(-2).expand([...logits.shape.slice(0, -1), count, n]);
    return checked(probabilities, draw(repeated).argmax(-1));
  });
}
