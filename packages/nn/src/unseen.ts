import { formatShape, leavesOf, Tensor } from "@lectern/autograd";
import type { Field } from "./fields.ts";
import { bufferOptions } from "./parameter.ts";

/**
 * What is wrong with a field that holds something which is neither parameter, buffer nor module of the model, in words
 * that follow "the field … holds"; undefined where it is but a value that somebody remembers.
 *
 * @param seen everything that was found in the model.
 */
export function complaint({ part, hidden }: Field<object>, seen: ReadonlySet<object>): string | undefined {
  if (!(part instanceof Tensor)) return hidden && `a ${part.constructor.name} ${hidden}${SEEN_WHERE}`;
  const what = `a tensor ${formatShape(part.shape)}`;
  if (hidden !== undefined) {
    const kind = part.isParameter ? "parameter" : bufferOptions(part) && "buffer";
    return kind && `${what}, a ${kind}, ${hidden}${SEEN_WHERE}`;
  }
  if (!isStray(part, seen)) return undefined;
  return (
    `${what} that was computed (by ${part.origin}) from one that requires a gradient, so it is a parameter no more and ` +
    "would never move: make it one with parameter(…) of @lectern/nn, or detach() it if it is none"
  );
}

const SEEN_WHERE =
  ", where it is not seen, and so neither trained nor saved: keep it in a field, or in an array, a Map or a plain object in one";

/** Whether a tensor was computed from leaves that want gradients, none of which the model knows: no activation is. */
function isStray(tensor: Tensor, seen: ReadonlySet<object>): boolean {
  let isComputed = false;
  for (const leaf of leavesOf(tensor)) {
    if (seen.has(leaf)) return false;
    isComputed = true;
  }
  return isComputed;
}
