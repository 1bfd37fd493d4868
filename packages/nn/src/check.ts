import { formatShape, INTEGER, type Tensor } from "@lectern/autograd";

/** Errors: a size that is no whole number from 1. */
export function assertSizes(owner: string, sizes: Readonly<Record<string, number>>): void {
  for (const [name, value] of Object.entries(sizes)) {
    if (!Number.isInteger(value) || value < 1) {
      throw new RangeError(`${owner}: ${name} is ${value}, it has to be a whole number from 1`);
    }
  }
}

/** Errors: a last axis that is not of the given size. */
export function assertWidth(owner: string, x: Tensor, width: number): void {
  if (x.shape[x.rank - 1] !== width) {
    throw new RangeError(`${owner}: the input is ${formatShape(x.shape)}, its last axis has to be ${width}`);
  }
}

/** Errors: anything but [batch, time, width]. */
export function assertSequence(owner: string, x: Tensor): void {
  if (x.rank === 3) return;
  throw new RangeError(`${owner}: the input is ${formatShape(x.shape)}, it has to be [batch, time, width]`);
}

/** Errors: tokens that are not int32 [batch, time], or a time longer than the context. */
export function assertTokens(owner: string, tokens: Tensor, context: number): void {
  if (tokens.dtype !== INTEGER) {
    throw new TypeError(
      `${owner}: the tokens ${formatShape(tokens.shape)} are ${tokens.dtype}, they have to be int32: use tokens.int()`,
    );
  }
  if (tokens.rank !== 2) {
    throw new RangeError(
      `${owner}: the tokens are ${formatShape(tokens.shape)}, they have to be [batch, time]: give one sequence a batch axis with tokens.unsqueeze(0)`,
    );
  }
  if (tokens.shape[1] > context) {
    throw new RangeError(
      `${owner}: the sequences are ${tokens.shape[1]} tokens long, the context is ${context}: cut them, or make the model with a longer context`,
    );
  }
}

/** Errors: a padding mask that is not int32 [batch, time]. */
export function assertPaddingMask(owner: string, mask: Tensor, batch: number, time: number): void {
  if (mask.dtype === INTEGER && mask.rank === 2 && mask.shape[0] === batch && mask.shape[1] === time) return;
  throw new RangeError(
    `${owner}: the padding mask is ${mask.dtype} ${formatShape(mask.shape)}, it has to be int32 [${batch}, ${time}]: 1 for a token, 0 for padding`,
  );
}

interface Caching {
  readonly forward: unknown;
  readonly forwardCached: unknown;
}

/** Errors: a layer with a `forward` of its own whose `forwardCached` is still its class's, which would go past it. */
export function assertForwardIsCached(owner: string, layer: Caching, { prototype }: { prototype: Caching }): void {
  if (layer.forward === prototype.forward || layer.forwardCached !== prototype.forwardCached) return;
  const { name } = layer.constructor;
  throw new Error(
    `${name}: it has a forward of its own, and ${owner}'s forwardCached, which would go past it when a text is generated: give it a forwardCached too, or generate from a model that has forward alone`,
  );
}
