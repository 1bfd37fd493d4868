import { rand } from "../creation.ts";
import { recordingAs } from "../engine/recording.ts";
import { formatShape } from "../shape.ts";
import type { Tensor } from "../tensor.ts";

/**
 * Draws indices with the given probabilities, by the Gumbel trick (Gumbel, 1954): the largest of `log p - log(-log u)`.
 * probabilities: [..., n], not negative, need not sum to 1 -> int32 [..., count]. Without `replacement` no index comes twice.
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
    if (!replacement) return draw(logits).topk(count).indices;
    const repeated = logits.unsqueeze(-2).expand([...logits.shape.slice(0, -1), count, n]);
    return draw(repeated).argmax(-1);
  });
}
